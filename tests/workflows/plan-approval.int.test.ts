/** Plans that a person must let run: asked once, sent back with feedback, refused, in time, over restarts (G10). */

import type { DecideInput, DecideResult } from '../../src/core/contracts/approvals.ts';
import type { CallModelInput, TurnOutcome } from '../../src/core/contracts/calls.ts';
import type { GoalLimits } from '../../src/core/contracts/goal.ts';
import { decideUpdate, getStatusQuery, pauseSignal, resumeSignal } from '../../src/core/contracts/messages.ts';
import type { PackedSkeleton, PlanSkeleton, TaskSkeleton } from '../../src/core/contracts/plan.ts';
import { failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { type FakeActivities, fakeActivities, fakeRef, skeleton, submitted, task } from './support/fake-activities.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Handle = Awaited<ReturnType<GoalBench['start']>>;

const planOf = (tasks: readonly TaskSkeleton[], more: Partial<PlanSkeleton> = {}) => skeleton(tasks, more);
const answer = (packed: PackedSkeleton): TurnOutcome => ({ kind: 'plan', skeleton: packed });
const FIRST = planOf([task('a')]);

/** A goal whose manager answers each planning call with the next of `plans`. */
function goalThatPlans(
  plans: readonly PackedSkeleton[],
  limits: Partial<GoalLimits> = { approvePlan: 'ask' },
  given?: PackedSkeleton,
): FakeActivities {
  const left = [...plans];
  return fakeActivities({
    taskQueue: bench.taskQueue,
    limits,
    ...(given ? { given } : {}),
    script: ({ purpose }) => {
      const next = purpose === 'task' ? undefined : left.shift();
      if (purpose === 'task') return submitted();
      return next ? answer(next) : { kind: 'refused', reason: 'no more plans' };
    },
  });
}

const waits = (handle: Handle) =>
  until(async () => ((await handle.query(getStatusQuery)).awaiting === 'plan' ? true : undefined));
const asked = (fake: FakeActivities) => fake.events.filter(({ type }) => type === 'approval-request');
const askedTimes = (fake: FakeActivities, times: number) =>
  until(async () => (asked(fake).length === times ? true : undefined));
const decide = (handle: Handle, packed: PackedSkeleton, input: Partial<DecideInput>): Promise<DecideResult> =>
  handle.executeUpdate(decideUpdate, {
    args: [{ itemId: `plan.${packed.revision}`, hash: packed.plan.hash, verdict: 'approve', author: 'ada', ...input }],
  });
const planning = (fake: FakeActivities): CallModelInput[] => fake.calls.filter(({ purpose }) => purpose !== 'task');

/** Sends signals until a run of the workflow is longer than it may be, at `megabytes`. Resolves in the next run. */
async function continueAsNew(handle: Handle, megabytes: number): Promise<void> {
  const author = 'x'.repeat(125_000);
  const { runId } = await handle.describe();
  for (let sent = 0; sent < megabytes * 8; sent++) await handle.signal(pauseSignal, { author });
  await until(async () => {
    if ((await handle.describe()).runId !== runId) return true;
    await handle.signal(pauseSignal, { author: 'me' });
    return undefined;
  });
  await handle.signal(resumeSignal);
}

describe('plan approval', () => {
  it('every plan is to be approved: nothing runs before; two decide at once → one verdict, the plan runs (G10)', async () => {
    const fake = goalThatPlans([FIRST]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-approved');
      await waits(handle);
      expect(await handle.query(getStatusQuery)).toMatchObject({ status: 'planning', counts: { ready: 1 } });
      expect(fake.calls).toHaveLength(1);
      const stale = await decide(handle, FIRST, { hash: fakeRef('another plan').hash }).catch(
        (error: unknown) => error,
      );
      expect(failureType(stale)).toBe('approval.stale');
      const verdicts = await Promise.all([decide(handle, FIRST, {}), decide(handle, FIRST, { author: 'bob' })]);
      expect(verdicts.map(({ applied }) => applied).toSorted()).toEqual([false, true]);
      expect(new Set(verdicts.map(({ by }) => by)).size).toBe(1);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-approved');
    });
    expect(asked(fake)).toMatchObject([{ data: { kind: 'plan', itemId: 'plan.0', hash: FIRST.plan.hash } }]);
  });

  it('rejected with feedback → the manager mends it in its conversation, the new plan is asked anew and runs', async () => {
    const second = planOf([task('a'), task('b', [0])], { revision: 1 });
    const fake = goalThatPlans([FIRST, second]);
    const note = fakeRef('two steps, please');
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-sent-back');
      await waits(handle);
      await decide(handle, FIRST, { verdict: 'deny', note });
      await askedTimes(fake, 2);
      expect(fake.calls).toHaveLength(2);
      expect(await decide(handle, FIRST, { author: 'bob' })).toMatchObject({
        applied: false,
        verdict: 'deny',
        by: 'ada',
      });
      await decide(handle, second, {});
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-sent-back');
    });
    expect(planning(fake)[1]).toMatchObject({ purpose: 'plan', revision: 1, opening: { kind: 'revise', note } });
    expect(planning(fake)[1]?.plan).toBeUndefined();
    expect(asked(fake).map(({ data }) => [data.itemId, data.hash])).toEqual([
      ['plan.0', FIRST.plan.hash],
      ['plan.1', second.plan.hash],
    ]);
    expect(fake.closed[0]?.tasks).toMatchObject({ total: 2, done: 2 });
  });

  it('a given plan rejected with feedback → shown to the manager with what the person says', async () => {
    const given = planOf([task('mine')], { source: 'given' });
    const second = planOf([task('better')], { revision: 1 });
    const fake = goalThatPlans([second], { approvePlan: 'ask' }, given);
    const note = fakeRef('better');
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('given-sent-back');
      await waits(handle);
      await decide(handle, given, { verdict: 'deny', note });
      await askedTimes(fake, 2);
      await decide(handle, second, {});
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'given-sent-back');
    });
    const call = { opening: { kind: 'start' }, rejected: given.plan.hash, notes: [note.hash], revision: 1 };
    expect(planning(fake)).toMatchObject([call]);
  });

  it.each([
    ['rejected without feedback', {}, 'ada rejected the plan'],
    [
      'nobody decides in time',
      { approvals: { onExpiry: 'deny', expiresAfterMs: 300 } },
      'nobody approved the plan in time',
    ],
  ] as const)('%s → nothing ran, the goal is cancelled and says why', async (...[what, limits, reason]) => {
    const fake = goalThatPlans([FIRST], { approvePlan: 'ask', ...limits });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start(`plan-refused-${what.length}`);
      if (!('approvals' in limits)) {
        await waits(handle);
        await decide(handle, FIRST, { verdict: 'deny' });
      }
      expect(await handle.result()).toMatchObject({ status: 'cancelled', reason });
      await keepHistory(handle, 'approvals' in limits ? 'plan-expired' : 'plan-denied');
    });
    expect(fake.calls).toHaveLength(1);
    expect(fake.closed).toMatchObject([{ status: 'cancelled', reason, tasks: { total: 1, cancelled: 1 } }]);
  });

  it('rejected with feedback again and again → three new plans, then the goal ends', async () => {
    const plans = [0, 1, 2, 3].map((revision) => planOf([task(`try-${revision}`)], { revision }));
    const fake = goalThatPlans(plans);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-never-liked');
      for (const [at, plan] of plans.entries()) {
        await askedTimes(fake, at + 1);
        await decide(handle, plan, { verdict: 'deny', note: fakeRef(`no ${at}`) });
      }
      expect(await handle.result()).toMatchObject({ status: 'cancelled', reason: /rejected the plan, as 3 before/ });
    });
    expect(fake.calls).toHaveLength(4);
  });

  it.each<[string, Partial<GoalLimits>, PlanSkeleton['outlook'], boolean]>([
    ['dearer than the threshold', { askAbove: { costUsd: 1 } }, { costHighMicroUsd: 1_000_001 }, true],
    ['as dear as the threshold', { askAbove: { costUsd: 1 } }, { costHighMicroUsd: 1_000_000 }, false],
    ['more tasks', { askAbove: { tasks: 0 } }, { costHighMicroUsd: 0 }, true],
    ['a stronger effect', { askAbove: { effects: 'write' } }, { costHighMicroUsd: 0, effect: 'outward' }, true],
    ['an allowed effect', { askAbove: { effects: 'write' } }, { costHighMicroUsd: 0, effect: 'write' }, false],
  ])('ask-above: %s → asked only beyond', async (...[what, limits, outlook, isAsked]) => {
    const plan = planOf([task('a')], outlook ? { outlook } : {});
    const fake = goalThatPlans([plan], { approvePlan: 'ask-above', ...limits });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start(`above-${what.replaceAll(' ', '-')}`);
      if (isAsked) {
        await waits(handle);
        await decide(handle, plan, {});
      }
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    expect(asked(fake)).toHaveLength(isAsked ? 1 : 0);
  });

  it('the worker ends while a plan waits → another one goes on; the wait is not the tasks’ time (G10)', async () => {
    const fake = goalThatPlans([FIRST], { approvePlan: 'ask', taskTimeoutMs: 1_000 });
    const handle = await bench.withWorker(fake.activities, async () => {
      const started = await bench.start('plan-redeployed');
      await waits(started);
      return started;
    });
    const deciding = decide(handle, FIRST, {});
    await bench.withWorker(fake.activities, async () => {
      expect(await deciding).toMatchObject({ applied: true });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-redeployed');
    });
    expect(asked(fake)).toHaveLength(1);
  });

  it('the workflow continues as new while a plan waits → it waits on, asked once; sent back there, it is made anew (G11)', async () => {
    const second = planOf([task('b')], { revision: 1 });
    const fake = goalThatPlans([FIRST, second], { approvePlan: 'ask' }, undefined);
    await bench.withWorker({ ...fake.activities, loadSkeleton: async () => FIRST }, async () => {
      const handle = await bench.start('plan-continued');
      await waits(handle);
      await continueAsNew(handle, 4.5);
      await waits(handle);
      expect(asked(fake)).toHaveLength(1);
      await decide(handle, FIRST, { verdict: 'deny', note: fakeRef('another') });
      await askedTimes(fake, 2);
      await decide(handle, second, {});
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-continued');
    });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['_plan', '_plan', 'b']);
  });

  it('cancelled while the plan waits → ended, the item is closed with it', async () => {
    const fake = goalThatPlans([FIRST]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-cancelled');
      await waits(handle);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
    });
    expect(fake.closed).toMatchObject([{ status: 'cancelled', tasks: { cancelled: 1 } }]);
  });
});

describe('approval of a replan', () => {
  const before = planOf([task('bad', [], { onFailure: 'replan' }), task('after', [0])]);
  const around = (revision: number) =>
    planOf([task('bad', [], { onFailure: 'replan' }), task('other'), task('after', [1])], { revision });

  /** `bad` cannot be done; the manager gives `plans` around it. */
  function goalThatReplans(plans: readonly PackedSkeleton[]): FakeActivities {
    const left = [before, ...plans];
    return fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { approvePlan: 'ask' },
      script: ({ purpose, taskId }) => {
        if (taskId === 'bad') return { kind: 'blocked', reason: 'no way' };
        if (purpose === 'task') return submitted();
        const next = left.shift();
        return next ? answer(next) : { kind: 'refused', reason: 'no more plans' };
      },
    });
  }

  it('sent back once, then approved → the goal goes on around the failure', async () => {
    const fake = goalThatReplans([around(1), around(2)]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('replan-approved');
      await waits(handle);
      await decide(handle, before, {});
      await askedTimes(fake, 2);
      await decide(handle, around(1), { verdict: 'deny', note: fakeRef('other words') });
      await askedTimes(fake, 3);
      expect(fake.calls.some(({ taskId }) => taskId === 'other')).toBe(false);
      await decide(handle, around(2), {});
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'replan-approved');
    });
    expect(planning(fake).map(({ purpose, opening }) => [purpose, opening.kind])).toEqual([
      ['plan', 'start'],
      ['replan', 'start'],
      ['replan', 'revise'],
    ]);
    expect(fake.closed[0]?.tasks).toMatchObject({ done: 2, failed: 1 });
  });

  it('the workflow continues as new while it waits → it waits on; approved there, nothing is done twice (G11)', async () => {
    const fake = goalThatReplans([around(1)]);
    const plans = [before, around(1)];
    const loadSkeleton = async ({ plan }: { plan: { hash: string } }) =>
      plans.find((one) => one.plan.hash === plan.hash);
    await bench.withWorker({ ...fake.activities, loadSkeleton }, async () => {
      const handle = await bench.start('replan-continued');
      await waits(handle);
      await decide(handle, before, {});
      await askedTimes(fake, 2);
      await continueAsNew(handle, 8.5);
      await decide(handle, around(1), {});
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'replan-continued');
    });
    expect(asked(fake)).toHaveLength(2);
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['_plan', 'bad', '_plan', 'other', 'after']);
    expect(fake.events.filter(({ type, taskId }) => type === 'task-end' && taskId === 'bad')).toHaveLength(1);
    expect(fake.events.filter(({ type }) => type === 'replan')).toHaveLength(1);
  });

  it('rejected → the goal ends as cancelled, nothing of the new plan runs', async () => {
    const fake = goalThatReplans([around(1)]);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('replan-denied');
      await waits(handle);
      await decide(handle, before, {});
      await askedTimes(fake, 2);
      await decide(handle, around(1), { verdict: 'deny' });
      expect(await handle.result()).toMatchObject({ status: 'cancelled', reason: 'ada rejected the plan' });
      await keepHistory(handle, 'replan-denied');
    });
    expect(fake.calls.some(({ taskId }) => taskId === 'other')).toBe(false);
    expect(fake.closed[0]?.tasks).toMatchObject({ total: 3, failed: 1, cancelled: 2 });
  });
});
