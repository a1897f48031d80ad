/** The small parts of the activities: delays, heartbeats, clipping, hand-over, census. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { longestChainMs } from '../../src/activities/census.ts';
import { handover } from '../../src/activities/context/handover.ts';
import { sizeOf } from '../../src/activities/context/request-size.ts';
import { publishDeltas } from '../../src/activities/deltas.ts';
import { withHeartbeat } from '../../src/activities/heartbeat.ts';
import { recordPaid } from '../../src/activities/record-paid.ts';
import { retryDelayMs } from '../../src/activities/retry-delay.ts';
import { clipOutput } from '../../src/activities/tool-output.ts';
import type { CallModelResult } from '../../src/core/contracts/calls.ts';
import { failure } from '../../src/core/failures.ts';
import type { TaskView } from '../../src/core/goal.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { ClaudeFailure } from '../../src/integrations/claude/errors.ts';
import type { FinishedCall, Store } from '../../src/store/store.ts';
import { upstreamOf } from '../../src/tasks/upstream.ts';
import { until } from '../support/until.ts';

describe('sizeOf', () => {
  const request = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'Grüße 😀' }] };
  const text = (value: string) => ({ type: 'text' as const, text: value });
  const tool = { name: 'büro', input_schema: { type: 'object' as const } };

  it.each([
    ['neither tools nor a system prompt', request],
    ['a system prompt that is a text', { ...request, system: 'Sei kurz.' }],
    ['empty lists', { ...request, tools: [], system: [] }],
    ['lists', { ...request, tools: [tool, { ...tool, name: 'b' }], system: [text('ä'), text('"'), text('€')] }],
  ])('%s → exactly its size as JSON, also when its parts were measured before', (_name, sent) => {
    const json = JSON.stringify(sent);
    const size = { chars: json.length, bytes: Buffer.byteLength(json) };
    expect([sizeOf(sent), sizeOf({ ...sent })]).toEqual([size, size]);
  });
});

describe('retryDelayMs', () => {
  const failed = (extra: Partial<ClaudeFailure>): ClaudeFailure => ({
    type: 'model.server-error',
    message: '',
    counts: true,
    retryable: true,
    overload: false,
    billed: false,
    ...extra,
  });

  it.each([
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [7, 60_000],
    [900, 60_000],
  ])('attempt %i → at most %i ms, at least 250', (attempt, ceiling) => {
    for (let tries = 0; tries < 50; tries++) {
      const delay = retryDelayMs(failed({}), { attempt, probeIntervalMs: 5_000 });
      expect(delay).toBeGreaterThanOrEqual(250);
      expect(delay).toBeLessThanOrEqual(ceiling);
    }
  });

  it('a connection that breaks five times → its requests are spread over 15 to 30 s (G19)', () => {
    const delays = [1, 2, 3, 4].map((attempt) =>
      retryDelayMs(failed({ type: 'model.connection' }), { attempt, probeIntervalMs: 5_000 }),
    );
    const sum = delays.reduce((total, ms) => total + ms, 0);
    expect(sum).toBeGreaterThanOrEqual(15_000);
    expect(sum).toBeLessThanOrEqual(30_000);
  });

  it('the API named a delay → that; an overloaded model → at least the probe interval', () => {
    const call = { attempt: 1, probeIntervalMs: 5_000 };
    expect(retryDelayMs(failed({ delayMs: 3_000 }), call)).toBe(3_000);
    expect(retryDelayMs(failed({ overload: true, delayMs: 1_000 }), call)).toBe(5_000);
    expect(retryDelayMs(failed({ overload: true, delayMs: 300_000 }), call)).toBe(300_000);
    expect(retryDelayMs(failed({ overload: true }), call)).toBe(5_000);
  });

  it('nothing was sent, for any number of attempts → the probe interval (G6)', () => {
    const away = failed({ type: 'model.connection', counts: false });
    expect(retryDelayMs(away, { attempt: 1, probeIntervalMs: 5_000 })).toBe(5_000);
  });
});

describe('withHeartbeat', () => {
  /** An activity that beats, and when it does, ms from its start. */
  function beating() {
    const environment = new MockActivityEnvironment();
    const startedAt = performance.now();
    const beats: number[] = [];
    environment.on('heartbeat', () => beats.push(performance.now() - startedAt));
    return { beats, run: <T>(work: () => Promise<T>) => environment.run(() => withHeartbeat(work)) };
  }

  it('a short call does not beat; a longer one does from 0.8 s on, half a second apart, and not after its end', async () => {
    const { beats, run } = beating();
    await run(() => until(() => beats.length >= 2));
    const [first = 0, second = 0] = beats;
    expect(first).toBeGreaterThanOrEqual(795);
    expect(second - first).toBeGreaterThanOrEqual(495);
    const { length } = beats;
    const short = beating();
    await short.run(() => sleep(300));
    await expect(short.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await sleep(1_000);
    expect(short.beats).toEqual([]);
    expect(beats).toHaveLength(length);
  });
});

describe('recordPaid', () => {
  const recorded = { recorded: false } as CallModelResult;
  const call = {} as FinishedCall;
  /** As in an activity, which it logs as. */
  const within = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work);
  /** A journal that throws `errors` in order, then records. */
  function journalAfter(errors: Error[]) {
    const tries: FinishedCall[] = [];
    const record = async (given: FinishedCall) => {
      tries.push(given);
      const error = errors.shift();
      if (error) throw error;
      return recorded;
    };
    return { tries, store: { journal: { record } as unknown as Store['journal'] } };
  }

  it('the store is away for a moment → the answer is kept and recorded, not bought again', async () => {
    const { tries, store } = journalAfter([failure('store.unavailable', 'down'), failure('store.unavailable', 'down')]);
    expect(await within(() => recordPaid(store, call, new AbortController().signal))).toBe(recorded);
    expect(tries).toHaveLength(3);
  });

  it('another error, or a cancel while waiting → thrown at once', async () => {
    const bug = journalAfter([failure('internal.bug', 'no')]);
    await expect(within(() => recordPaid(bug.store, call, new AbortController().signal))).rejects.toThrow('no');
    const down = journalAfter(Array.from({ length: 9 }, () => failure('store.unavailable', 'down')));
    await expect(within(() => recordPaid(down.store, call, AbortSignal.timeout(20)))).rejects.toThrow();
    expect(down.tries.length).toBeLessThan(3);
  });
});

describe('publishDeltas', () => {
  function collecting() {
    const published: string[] = [];
    const publishDelta = async (_goalId: string, _taskId: string, text: string) => void published.push(text);
    return { published, deltas: publishDeltas({ events: { publishDelta } as unknown as Store['events'] }, 'g', 't') };
  }

  it('an answer → published as it comes; what was not yet is given at its end, and not published', async () => {
    const { published, deltas } = collecting();
    deltas.add('one ');
    deltas.add('two');
    await until(() => published.length > 0);
    deltas.add(' three');
    expect(deltas.stop()).toBe(' three');
    expect(deltas.stop()).toBe('');
    expect(published).toEqual(['one two']);
  });

  it('a failure → what is left is published', () => {
    const { published, deltas } = collecting();
    deltas.flush();
    deltas.add('cut');
    deltas.flush();
    expect(published).toEqual(['cut']);
  });
});

describe('clipOutput', () => {
  it('10 MB → head, tail and a note for the model; the whole in the store, bit for bit (G12)', async () => {
    const kept: Uint8Array[] = [];
    const put = async (_tenant: string, bytes: Uint8Array) => {
      kept.push(bytes);
      return { hash: 'f'.repeat(64), bytes: bytes.length };
    };
    const whole = `start${'🙂x'.repeat(3_500_000)}end`;
    const shown = await clipOutput({ blobs: { put } as unknown as Store['blobs'] }, 'default', whole);
    expect(shown.length).toBeLessThan(60_000);
    expect(shown.startsWith('start') && shown.endsWith('end')).toBe(true);
    expect(Buffer.from(kept[0] ?? []).toString('utf8')).toBe(whole);
    expect(await clipOutput({ blobs: { put } as unknown as Store['blobs'] }, 'default', 'short')).toBe('short');
    expect(kept).toHaveLength(1);
  });
});

describe('handover', () => {
  const source = (task: string, output: string) => ({ task, title: task, status: 'done', output });

  /** The text of the tool result. */
  const handedOver = (sources: Parameters<typeof handover>[0], budget: number) => {
    const answer = handover(sources, budget).find((entry) => entry.role === 'tool');
    return (answer?.content as { content: string } | undefined)?.content ?? '';
  };

  it('1,000 results → within the budget, every task named', () => {
    const text = handedOver(
      Array.from({ length: 1_000 }, (_, i) => source(`t${i}`, 'x'.repeat(10_000))),
      300_000,
    );
    expect(JSON.parse(text)).toHaveLength(1_000);
    expect(text.length).toBeLessThan(500_000);
  });

  it('few results → whole; none → nothing', () => {
    expect(handedOver([source('a', 'x'.repeat(50_000))], 120_000)).toContain('x'.repeat(50_000));
    expect(handover([], 120_000)).toEqual([]);
  });
});

describe('longestChainMs', () => {
  const view = (taskId: string, seconds: number, dependsOn: string[] = []) =>
    ({
      taskId,
      dependsOn,
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
    }) as unknown as TaskView;

  it('a graph, tasks in any order → the heaviest chain', () => {
    expect(longestChainMs([view('d', 1, ['b', 'c']), view('b', 5, ['a']), view('c', 2, ['a']), view('a', 3)])).toBe(
      9_000,
    );
    expect(longestChainMs([])).toBe(0);
  });

  it('a task that never ran → counts nothing', () => {
    expect(longestChainMs([{ ...view('a', 3), startedAt: null, endedAt: null }])).toBe(0);
  });
});

describe('upstreamOf', () => {
  it('all a task builds on, directly or not', () => {
    const task = (id: string, dependsOn: string[]) => ({ id, dependsOn });
    const plan = { tasks: [task('a', []), task('b', ['a']), task('c', ['b']), task('x', [])] } as unknown as Plan;
    expect(upstreamOf(plan, 'c').sort()).toEqual(['a', 'b']);
    expect(upstreamOf(plan, 'a')).toEqual([]);
  });
});
