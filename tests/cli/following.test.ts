/** Following a goal: views, Ctrl-C, outages; over the in-memory store. */

import { followGoal } from '../../src/cli/run/follow.ts';
import { handleInterrupts, type InterruptChoice } from '../../src/cli/run/interrupts.ts';
import { jsonViewer, liveViewer, plainViewer } from '../../src/cli/run/viewer.ts';
import { createPaint } from '../../src/cli/view/paint.ts';
import { createClient } from '../../src/client/orchestrator-client.ts';
import type { GoalEvent } from '../../src/core/events.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import { fakeParts } from '../client/fake-parts.ts';
import { fakeIo } from './fake-io.ts';

async function started() {
  const parts = fakeParts();
  const client = createClient(parts);
  const { goalId } = await client.start({ text: 'x' });
  return { parts, client, goalId };
}

const never = new AbortController().signal;

describe('follow', () => {
  it('events to the end → shown in order, once, then ended', async () => {
    const { parts, client, goalId } = await started();
    const io = fakeIo();
    parts.emit(goalId, { type: 'goal-start' }, { type: 'text-delta', seq: 0, data: { text: 'live' } });
    const following = followGoal(client, goalId, { viewer: plainViewer(io), signal: never });
    parts.end(goalId, 'completed');
    expect(await following).toBe('ended');
    expect(
      io
        .err()
        .split('\n')
        .map((line) => line.split(' ')[1]),
    ).toEqual(['goal-start', 'goal-end', undefined]);
    expect(io.out()).toBe('');
  });

  it('--json-events → one JSON object a line, live text included', async () => {
    const { parts, client, goalId } = await started();
    const io = fakeIo();
    parts.emit(goalId, { type: 'goal-start' }, { type: 'text-delta', seq: 0, data: { text: '\u001b[2J\u202e' } });
    parts.end(goalId, 'completed');
    await followGoal(client, goalId, { viewer: jsonViewer(io), signal: never });
    const lines = io.out().trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: GoalEvent }).event.type)).toEqual([
      'goal-start',
      'text-delta',
      'goal-end',
    ]);
    expect(io.out()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('live view → draws, and gives the cursor back at the end', async () => {
    const { parts, client, goalId } = await started();
    const io = fakeIo({ tty: true });
    const viewer = liveViewer(io, goalId, { paint: createPaint(false) });
    parts.end(goalId, 'completed');
    await followGoal(client, goalId, { viewer, signal: never });
    viewer.close();
    viewer.close();
    expect(io.err().startsWith('\u001b[?25l')).toBe(true);
    expect(io.err()).toContain(`goal ${goalId}`);
    expect(io.err().endsWith('\u001b[?25h')).toBe(true);
    expect(io.err().match(/\u001b\[\?25h/g)).toHaveLength(1);
  });

  it('aborted → detached; the goal goes on', async () => {
    const { parts, client, goalId } = await started();
    const abort = new AbortController();
    const following = followGoal(client, goalId, { viewer: plainViewer(fakeIo()), signal: abort.signal });
    abort.abort();
    expect(await following).toBe('detached');
    expect(parts.workflows.sent).toEqual([]);
  });

  it('store away for a while → goes on after the last event seen, no event twice', async () => {
    const { parts, client, goalId } = await started();
    const io = fakeIo();
    parts.emit(goalId, { type: 'goal-start' }, { type: 'plan-ready' });
    let outages = 0;
    const shaky: Pick<typeof client, 'watch' | 'show'> = {
      show: client.show,
      watch: async function* (id, options) {
        for await (const event of client.watch(id, options)) {
          yield event;
          if (event.type === 'plan-ready' && outages++ === 0) {
            parts.end(goalId, 'completed');
            throw new OrchestratorError('store.unavailable', 'gone', { remedy: 'wait' });
          }
        }
      },
    };
    expect(await followGoal(shaky, goalId, { viewer: plainViewer(io), signal: never })).toBe('ended');
    expect(outages).toBe(1);
    expect(io.err()).toMatch(
      /goal-start[^\n]*\n[^\n]*plan-ready[^\n]*\nThe store is out of reach[^\n]*\n[^\n]*goal-end/,
    );
    expect(io.err().match(/plan-ready/g)).toHaveLength(1);
  });

  it('store away for good → its error; another error → at once', async () => {
    const { client, goalId } = await started();
    const failing = (code: string) => ({
      show: client.show,
      // biome-ignore lint/correctness/useYield: it fails before it has anything to give
      watch: async function* (): AsyncGenerator<GoalEvent> {
        throw new OrchestratorError(code, 'gone', { remedy: 'wait' });
      },
    });
    const options = { viewer: plainViewer(fakeIo()), signal: never, giveUpMs: -1 };
    await expect(followGoal(failing('store.unavailable'), goalId, options)).rejects.toMatchObject({
      code: 'store.unavailable',
    });
    await expect(followGoal(failing('goal.not-found'), goalId, options)).rejects.toMatchObject({
      code: 'goal.not-found',
    });
  });
});

describe('Ctrl-C', () => {
  function setUp(answer?: () => Promise<InterruptChoice>) {
    const io = fakeIo();
    const done: string[] = [];
    const interrupts = handleInterrupts(io, {
      ...(answer ? { ask: answer } : {}),
      cancel: async () => {
        done.push('cancel');
      },
      onCancelFailed: (error) => done.push(`failed: ${(error as Error).message}`),
    });
    return { io, done, interrupts };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it.each(['interrupt', 'terminate'] as const)('no terminal, %s → detaches', (kind) => {
    const { io, interrupts } = setUp();
    io.signal(kind);
    expect(interrupts.signal.aborted).toBe(true);
  });

  it.each([
    ['detach', true, []],
    ['cancel', false, ['cancel']],
    ['continue', false, []],
  ] as const)('answer %s → done', async (choice, aborted, done) => {
    const set = setUp(async () => choice);
    set.io.signal('interrupt');
    await settled();
    expect(set.interrupts.signal.aborted).toBe(aborted);
    expect(set.done).toEqual(done);
  });

  it('second one while the question stands → detaches at once', async () => {
    const { io, interrupts } = setUp(() => new Promise(() => undefined));
    io.signal('interrupt');
    expect(interrupts.signal.aborted).toBe(false);
    io.signal('interrupt');
    expect(interrupts.signal.aborted).toBe(true);
  });

  it('SIGTERM while the question stands → detaches', () => {
    const { io, interrupts } = setUp(() => new Promise(() => undefined));
    io.signal('interrupt');
    io.signal('terminate');
    expect(interrupts.signal.aborted).toBe(true);
  });

  it('after "continue" → asks again; after "cancel" → the next one detaches', async () => {
    const answers: InterruptChoice[] = ['continue', 'cancel'];
    const { io, interrupts, done } = setUp(async () => answers.shift() ?? 'continue');
    io.signal('interrupt');
    await settled();
    io.signal('interrupt');
    await settled();
    expect(done).toEqual(['cancel']);
    io.signal('interrupt');
    expect(interrupts.signal.aborted).toBe(true);
  });

  it('cancel that fails → said, and the next one asks again', async () => {
    const io = fakeIo();
    const said: string[] = [];
    let asked = 0;
    const interrupts = handleInterrupts(io, {
      ask: async () => {
        asked += 1;
        return 'cancel';
      },
      cancel: () => Promise.reject(new Error('unreachable')),
      onCancelFailed: (error) => said.push((error as Error).message),
    });
    io.signal('interrupt');
    await settled();
    io.signal('interrupt');
    await settled();
    expect(said).toEqual(['unreachable', 'unreachable']);
    expect(asked).toBe(2);
    expect(interrupts.signal.aborted).toBe(false);
  });

  it('goal ends while the question stands → question taken back, signals given back', async () => {
    const io = fakeIo();
    const interrupts = handleInterrupts(io, {
      ask: (takenBack) => new Promise((resolve) => takenBack.addEventListener('abort', () => resolve('detach'))),
      cancel: async () => undefined,
      onCancelFailed: () => undefined,
    });
    io.signal('interrupt');
    await interrupts.stop();
    expect(interrupts.signal.aborted).toBe(false);
    expect(io.listeners.size).toBe(0);
  });
});
