/** Planning, replanning, synthesis and pauses that wait while the history gets long: they wait on in the next run (G11). */
import type { CallModelInput } from '../../src/core/contracts/calls.ts';
import {
  budgetRaisedSignal,
  decideUpdate,
  getStatusQuery,
  pauseSignal,
  resumeSignal,
} from '../../src/core/contracts/messages.ts';
import { failure } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import {
  deliverable,
  type FakeActivities,
  fakeActivities,
  fakeRef,
  NOT_PASSED,
  PASSED,
  skeleton,
  submitted,
  task,
} from './support/fake-activities.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Handle = Awaited<ReturnType<GoalBench['start']>>;

/** Of a signal: the server suggests to continue as new at 4 MiB, a run must end soon at 8. */
const BIG = 'x'.repeat(125_000);
const QUIET = 36;
const DRAIN = 72;

const runIdOf = async (handle: Handle) => (await handle.describe()).runId;

/** Big signals that change nothing, and then small ones until the next run of the workflow is there. */
async function continueAsNew(handle: Handle, signals: number): Promise<void> {
  const runId = await runIdOf(handle);
  for (let sent = 0; sent < signals; sent++) await handle.signal(budgetRaisedSignal.name, BIG);
  await until(async () => {
    if ((await runIdOf(handle)) !== runId) return true;
    await handle.signal(budgetRaisedSignal);
    return undefined;
  });
}

const awaits = (handle: Handle, what: string) =>
  until(async () => ((await handle.query(getStatusQuery)).awaiting === what ? true : undefined));

/** A goal's key is refused for some calls until it is mended. */
function keyFor(isRefused: (call: CallModelInput) => boolean) {
  const key = { mended: false };
  const check = (call: CallModelInput) => {
    if (!key.mended && isRefused(call)) throw failure('model.credentials', 'invalid key');
  };
  return { key, check };
}

const told = (fake: FakeActivities, type: string) => fake.events.filter((event) => event.type === type);
const keysOf = (fake: FakeActivities, purpose: string) =>
  fake.calls.flatMap((call) => (call.purpose === purpose ? [`${call.revision}.${call.turn}`] : []));

/** The fakes keep no journal: a call that was answered before is asked again under its key, and costs nothing. */
const priceOf = (fake: FakeActivities) =>
  new Set(fake.calls.map((call) => `${call.taskId}/${call.revision}/${call.turn}`)).size;

async function costs(handle: Handle, microUsd: number): Promise<void> {
  expect((await handle.query(getStatusQuery)).costMicroUsd).toBe(microUsd);
}

describe('a call that waits while the history is long', () => {
  it('the manager’s repair → planning is taken up in the next run, with the same keys (G11)', async () => {
    const { key, check } = keyFor(({ purpose, revision }) => purpose === 'plan' && revision === 1);
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      script: (call) => {
        check(call);
        if (call.purpose !== 'plan') return submitted();
        if (call.revision === 0) return { kind: 'plan-rejected', problems: ['a cycle'], feedback: fakeRef('a cycle') };
        return { kind: 'plan', skeleton: skeleton([task('a')], { revision: 1 }) };
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('parked-plan');
      await awaits(handle, 'credentials');
      await continueAsNew(handle, QUIET);
      await awaits(handle, 'credentials');
      await costs(handle, 1);
      expect(await handle.query(getStatusQuery)).toMatchObject({ status: 'planning' });
      key.mended = true;
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'parked-plan');
    });
    expect(keysOf(fake, 'plan')).toEqual(['0.1', '1.1', '0.1', '1.1', '1.1']);
    expect(told(fake, 'awaiting')).toHaveLength(told(fake, 'awaiting-end').length);
  }, 60_000);

  it('a plan that was sent back → the decision holds in the next run, the manager is asked there (G11)', async () => {
    const { key, check } = keyFor(({ purpose, revision }) => purpose === 'plan' && revision === 1);
    const plans = [skeleton([task('a')]), skeleton([task('a'), task('b')], { revision: 1 })] as const;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { approvePlan: 'ask' },
      script: (call) => {
        check(call);
        const plan = call.purpose === 'plan' ? plans[call.revision] : undefined;
        return plan ? { kind: 'plan', skeleton: plan } : submitted();
      },
    });
    fake.activities.loadSkeleton = async ({ plan }) => plans.find((one) => one.plan.hash === plan.hash) ?? plans[0];
    const decide = (handle: Handle, at: 0 | 1, verdict: 'approve' | 'deny') =>
      handle.executeUpdate(decideUpdate, {
        args: [
          {
            ...{ itemId: `plan.${at}`, hash: plans[at].plan.hash, verdict, author: 'ada' },
            ...(verdict === 'deny' ? { note: fakeRef('two steps') } : {}),
          },
        ],
      });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('parked-feedback');
      await awaits(handle, 'plan');
      await decide(handle, 0, 'deny');
      await awaits(handle, 'credentials');
      await continueAsNew(handle, QUIET);
      await awaits(handle, 'credentials');
      expect(await decide(handle, 0, 'approve')).toMatchObject({ applied: false, verdict: 'deny' });
      key.mended = true;
      await handle.signal(resumeSignal);
      await awaits(handle, 'plan');
      await decide(handle, 1, 'approve');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'parked-feedback');
    });
    expect(keysOf(fake, 'plan')).toEqual(['0.1', '1.1', '1.1', '1.1']);
    expect(told(fake, 'approval-request').map(({ data }) => data.itemId)).toEqual(['plan.0', 'plan.1']);
    expect(fake.closed[0]).toMatchObject({ tasks: { total: 2, done: 2 } });
  }, 60_000);

  it('a replan → the failure is told once, the manager replans in the next run (G11)', async () => {
    const { key, check } = keyFor(({ purpose }) => purpose === 'replan');
    const given = skeleton([task('a', [], { onFailure: 'replan' }), task('b', [0])]);
    const other = skeleton([task('a', [], { onFailure: 'replan' }), task('c')], { revision: 1 });
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given,
      script: (call) => {
        check(call);
        if (call.purpose === 'replan') return { kind: 'plan', skeleton: other };
        return call.taskId === 'a' ? { kind: 'blocked', reason: 'cannot' } : submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('parked-replan');
      await awaits(handle, 'credentials');
      await continueAsNew(handle, DRAIN);
      await awaits(handle, 'credentials');
      key.mended = true;
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'parked-replan');
    });
    expect(told(fake, 'replan')).toHaveLength(1);
    expect(told(fake, 'task-end').filter(({ taskId }) => taskId === 'a')).toHaveLength(1);
    expect(new Set(keysOf(fake, 'replan'))).toEqual(new Set(['1.1']));
    expect(fake.closed[0]).toMatchObject({ replans: 1, tasks: { done: 1, failed: 1 } });
  }, 60_000);

  it('a revision of the deliverable → goes on in the next run with the feedback, told once (G11)', async () => {
    const { key, check } = keyFor(({ purpose, revision }) => purpose === 'synthesis' && revision === 1);
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { synthesis: true, verify: 'final' },
      given: skeleton([task('a')]),
      script: (call) => {
        check(call);
        if (call.purpose === 'synthesis') return deliverable(`draft ${call.revision}`);
        if (call.purpose === 'verify') return call.subject?.revision === 0 ? NOT_PASSED : PASSED;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('parked-synthesis');
      await awaits(handle, 'credentials');
      await continueAsNew(handle, QUIET);
      await awaits(handle, 'credentials');
      await costs(handle, 3);
      key.mended = true;
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'parked-synthesis');
    });
    expect(keysOf(fake, 'synthesis')).toEqual(['0.1', '1.1', '1.1', '1.1']);
    expect(fake.calls.at(-2)?.opening).toMatchObject({ kind: 'revise', note: fakeRef('feedback') });
    expect(told(fake, 'synthesis-start').map(({ data }) => data.revision)).toEqual([0, 1]);
    expect(fake.closed[0]).toMatchObject({ deliverable: fakeRef('draft 1'), verified: true });
  }, 60_000);

  it('a verification without money → its synthesis comes from the journal, and counts once (G8, G11)', async () => {
    const money = { there: false };
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { synthesis: true, verify: 'final', budgetMicroUsd: 1 },
      given: skeleton([task('a')]),
      script: ({ purpose }) => {
        if (purpose === 'verify' && !money.there) throw failure('budget.exhausted', 'the next call may cost $1.0000');
        if (purpose === 'verify') return PASSED;
        return purpose === 'synthesis' ? deliverable() : submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('parked-verify');
      await awaits(handle, 'budget');
      await continueAsNew(handle, QUIET);
      await awaits(handle, 'budget');
      await costs(handle, 2);
      money.there = true;
      await handle.signal(budgetRaisedSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    expect(new Set(keysOf(fake, 'synthesis'))).toEqual(new Set(['0.1']));
    expect(told(fake, 'synthesis-start')).toHaveLength(1);
    expect(priceOf(fake)).toBe(3);
  }, 60_000);

  it('a paused goal → stays paused in the next run, and goes on when it is resumed (G11)', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a'), task('b', [0])]),
      script: () => submitted(),
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('parked-paused');
      await handle.signal(pauseSignal, { author: 'ada' });
      await awaits(handle, 'resume');
      await continueAsNew(handle, DRAIN);
      await awaits(handle, 'resume');
      const before = fake.calls.length;
      expect(before).toBeLessThan(2);
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    expect(keysOf(fake, 'task')).toHaveLength(2);
  }, 60_000);
});
