/** Tools that people must allow and questions they answer: asked once, decided once, by hash, in time (G10). */

import type { DecideInput, DecideResult } from '../../src/core/contracts/approvals.ts';
import type { ToolCall, TurnOutcome } from '../../src/core/contracts/calls.ts';
import type { GoalLimits } from '../../src/core/contracts/goal.ts';
import { decideUpdate, getStatusQuery } from '../../src/core/contracts/messages.ts';
import { failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { fakeActivities, fakeRef, skeleton, submitted, task } from './support/fake-activities.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const hash = (name: string) => fakeRef(name).hash;
const asks = (kind: 'tool' | 'question', what: string): ToolCall => ({
  index: 0,
  id: `call-${what}`,
  name: kind === 'question' ? 'ask_person' : 'send',
  argsHash: hash(what),
  asks: { kind, hash: hash(what), title: `may I ${what}?` },
});
const tools = (...calls: ToolCall[]): TurnOutcome => ({
  kind: 'tools',
  calls: calls.map((call, index) => ({ ...call, index })),
  submitted: false,
});

type Handle = Awaited<ReturnType<GoalBench['start']>>;
const decide = (handle: Handle, input: Partial<DecideInput>): Promise<DecideResult> =>
  handle.executeUpdate(decideUpdate, {
    args: [{ itemId: 't0.0.1.0', verdict: 'approve', hash: hash('mail'), author: 'ada', ...input }],
  });
const waits = (handle: Handle, what: string) =>
  until(async () => ((await handle.query(getStatusQuery)).awaiting === what ? true : undefined));

/** One task whose first turn makes `calls`, and which then submits. */
function goalThatAsks(calls: readonly ToolCall[][], limits: Partial<GoalLimits> = {}) {
  return fakeActivities({
    taskQueue: bench.taskQueue,
    limits,
    given: skeleton([task('a')]),
    script: ({ turn }) => {
      const turnCalls = calls[turn - 1];
      return turnCalls ? tools(...turnCalls) : submitted();
    },
  });
}

describe('approvals', () => {
  it('five people decide at once → one verdict, the others are told which; the tool runs once (G10)', async () => {
    const fake = goalThatAsks([[asks('tool', 'mail')]]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('five-deciders');
      await waits(handle, 'tool');
      expect(fake.tools).toHaveLength(0);
      const results = await Promise.all(
        ['ada', 'bob', 'cy', 'dee', 'eve'].map((author, at) =>
          decide(handle, { author, verdict: at % 2 === 0 ? 'approve' : 'deny' }),
        ),
      );
      const [first] = results.filter((result) => result.applied);
      expect(results.filter((result) => result.applied)).toHaveLength(1);
      for (const result of results) expect(result).toMatchObject({ verdict: first?.verdict, by: first?.by });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      expect(fake.tools).toHaveLength(1);
      expect(fake.tools[0]?.decision).toEqual({ verdict: first?.verdict, by: first?.by, hash: hash('mail') });
      await keepHistory(handle, 'five-deciders');
    });
    const types = fake.events.map((event) => event.type);
    expect(types.filter((type) => type === 'approval-request')).toHaveLength(1);
    expect(types.filter((type) => type === 'approval-decided')).toHaveLength(1);
    expect(types.filter((type) => type === 'awaiting-end')).toHaveLength(1);
  });

  it('verdict for another hash, for nothing, of a bad shape → refused, and the item still waits', async () => {
    const fake = goalThatAsks([[asks('tool', 'mail')]]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('stale-verdict');
      await waits(handle, 'tool');
      for (const [input, type] of [
        [{ hash: hash('other') }, 'approval.stale'],
        [{ itemId: 't9.0.1.0' }, 'approval.unknown'],
        [{ itemId: '__proto__' }, 'approval.unknown'],
        [{ author: '' }, 'control.invalid'],
        [{ verdict: 'maybe' as 'deny' }, 'control.invalid'],
        [{ note: { hash: 'x', bytes: 1 } }, 'control.invalid'],
      ] as const) {
        const refused = await decide(handle, input).catch((error: unknown) => error);
        expect([input, failureType(refused)]).toEqual([input, type]);
      }
      expect((await handle.query(getStatusQuery)).awaiting).toBe('tool');
      expect(await decide(handle, { verdict: 'deny', note: fakeRef('no') })).toMatchObject({ applied: true });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'stale-verdict');
    });
    expect(fake.tools[0]?.decision).toMatchObject({ verdict: 'deny', by: 'ada', note: fakeRef('no') });
  });

  it('the same tool with other arguments → asked again; allowed for the goal → not asked any more', async () => {
    const fake = goalThatAsks([[asks('tool', 'mail')], [asks('tool', 'post')], [asks('tool', 'call')]]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('asked-again');
      await waits(handle, 'tool');
      await decide(handle, {});
      await until(async () =>
        fake.events.filter((e) => e.type === 'approval-request').length === 2 ? true : undefined,
      );
      await decide(handle, { itemId: 't0.0.2.0', hash: hash('post'), scope: 'goal' });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'asked-again');
    });
    expect(fake.tools.map((call) => call.decision?.by)).toEqual(['ada', 'ada', 'goal']);
    expect(fake.tools.at(-1)?.decision?.hash).toBe(hash('call'));
  });

  it('two calls of one turn, a question beside them → each decided by itself; the answer goes to the tool', async () => {
    const fake = goalThatAsks([[asks('tool', 'mail'), asks('tool', 'post'), asks('question', 'why')]]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('three-items');
      await waits(handle, 'tool');
      const answer = fakeRef('because');
      await decide(handle, { itemId: 't0.0.1.2', hash: hash('why'), note: answer });
      await decide(handle, { itemId: 't0.0.1.1', hash: hash('post'), verdict: 'deny' });
      await decide(handle, {});
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'three-items');
      const decisions = new Map(fake.tools.map((call) => [call.index, call.decision]));
      expect(decisions.get(0)).toMatchObject({ verdict: 'approve' });
      expect(decisions.get(1)).toMatchObject({ verdict: 'deny' });
      expect(decisions.get(2)).toMatchObject({ verdict: 'approve', note: answer });
    });
  });

  it.each([
    ['deny', 'denied by expiry'],
    ['escalate', 'waits on, announced again'],
  ] as const)('nobody decides, terms say %s → %s', async (...[onExpiry]) => {
    const approvals = { onExpiry, expiresAfterMs: 900, remindAfterMs: 300 };
    const fake = goalThatAsks([[asks('tool', 'mail')]], { approvals });
    const seen = (type: string) => fake.events.some((event) => event.type === type);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start(`expiry-${onExpiry}`);
      if (onExpiry === 'escalate') {
        await until(async () => (seen('approval-escalated') ? true : undefined));
        expect(fake.tools).toHaveLength(0);
        await decide(handle, {});
      }
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, `expiry-${onExpiry}`);
    });
    expect(seen('approval-reminder')).toBe(true);
    const by = onExpiry === 'deny' ? { verdict: 'deny', by: 'expiry' } : { verdict: 'approve', by: 'ada' };
    expect(fake.tools[0]?.decision).toMatchObject(by);
  });

  it('the worker ends while a decision waits → another one goes on; decided meanwhile: applied once (G10)', async () => {
    const fake = goalThatAsks([[asks('tool', 'mail')]]);
    const handle = await bench.withWorker(fake.activities, async () => {
      const started = await bench.start('redeployed');
      await waits(started, 'tool');
      return started;
    });
    const deciding = decide(handle, {});
    await bench.withWorker(fake.activities, async () => {
      expect(await deciding).toMatchObject({ applied: true, verdict: 'approve' });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'redeployed');
    });
    expect(fake.tools).toHaveLength(1);
  });
});
