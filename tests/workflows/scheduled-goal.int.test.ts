/** What a schedule's tick starts: one goal as a child, waited for, its cancel passed on, its end told (G21). */
import type { ScheduleActivities, TickInput, TickResult } from '../../src/core/contracts/scheduled-goal.ts';
import { failure } from '../../src/core/failures.ts';
import type { scheduledGoalWorkflow } from '../../src/workflows/index.ts';
import { until } from '../support/until.ts';
import { fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { type GoalBench, openBench, saveHistory } from './support/run-goal.ts';
import { untilCancelled } from './support/waiting.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Ticks answered by `result`, goals by the script. */
function activities(result: (tick: TickInput) => TickResult, script: () => Promise<ReturnType<typeof submitted>>) {
  const ticks: TickInput[] = [];
  const fake = fakeActivities({ taskQueue: bench.taskQueue, given: skeleton([task('a')]), script });
  const own: ScheduleActivities = {
    async createScheduledGoal(tick) {
      ticks.push(tick);
      return result(tick);
    },
  };
  return { ticks, fake, activities: { ...fake.activities, ...own } };
}

const goalNamed = (goalId: string): TickResult => ({ goalId, label: 'A goal', tags: ['late'], priority: 5, weight: 2 });
const start = (id: string) =>
  bench.client.workflow.start<typeof scheduledGoalWorkflow>('scheduledGoalWorkflow', {
    taskQueue: bench.taskQueue,
    workflowId: `${bench.taskQueue}-${id}`,
    args: [{ tenant: 'default', scheduleId: id }],
  });
type Handle = Awaited<ReturnType<typeof start>>;
const keep = async (handle: Handle, name: string) =>
  saveHistory({ workflowId: handle.workflowId, runId: (await handle.describe()).runId }, name);

describe('scheduledGoalWorkflow', () => {
  it('a tick → its goal runs as a child with priority, share and attributes; its end is the tick’s', async () => {
    const goalId = `${bench.taskQueue}-tick`;
    const setup = activities(
      () => goalNamed(goalId),
      async () => submitted(),
    );
    await bench.withWorker(setup.activities, async () => {
      const handle = await start('tick');
      expect(await handle.result()).toEqual({ goalId, status: 'completed' });
      await keep(handle, 'scheduled');
    });
    const goal = await bench.client.workflow.getHandle(`goal-${goalId}`).describe();
    expect(goal.priority).toEqual({ priorityKey: 1, fairnessKey: 'default', fairnessWeight: 2 });
    expect(goal.searchAttributes).toMatchObject({ OrchestratorStatus: ['completed'], OrchestratorTags: ['late'] });
    const [tick] = setup.ticks;
    expect(tick).toMatchObject({ tenant: 'default', scheduleId: 'tick' });
    expect(tick?.nominalMs).toBe(tick?.startedMs);
    expect(setup.fake.closed).toHaveLength(1);
  });

  it('skipped, or started by another way meanwhile → ends at once and says so', async () => {
    const goalId = `${bench.taskQueue}-other`;
    const setup = activities(
      ({ scheduleId }) => (scheduleId === 'skips' ? { skipped: 'no budget' } : goalNamed(goalId)),
      async () => submitted(),
    );
    await bench.withWorker(setup.activities, async () => {
      const skipped = await start('skips');
      expect(await skipped.result()).toEqual({ status: 'skipped', reason: 'no budget' });
      await keep(skipped, 'scheduled-skipped');
      await (await start('first')).result();
      const second = await start('second');
      expect(await second.result()).toEqual({ goalId, status: 'elsewhere' });
      await keep(second, 'scheduled-elsewhere');
    });
  });

  it('cancelled → its goal is, and writes its end down; a goal that fails → the tick tells, and does not fail', async () => {
    const goalId = `${bench.taskQueue}-cancelled`;
    const setup = activities(({ scheduleId }) => goalNamed(`${goalId}-${scheduleId}`), untilCancelled);
    await bench.withWorker(setup.activities, async () => {
      const handle = await start('cancels');
      await until(async () => (setup.fake.calls.length > 0 ? true : undefined));
      await handle.cancel();
      expect(await handle.result()).toEqual({ goalId: `${goalId}-cancels`, status: 'cancelled' });
      await keep(handle, 'scheduled-cancelled');
      expect(setup.fake.closed).toMatchObject([{ status: 'cancelled' }]);
    });
    const failing = activities(
      () => goalNamed(`${goalId}-fails`),
      async () => {
        throw new Error('no');
      },
    );
    const fails = { ...failing.activities, openGoal: () => Promise.reject(failure('goal.not-found', 'gone')) };
    await bench.withWorker(fails, async () => {
      const handle = await start('fails');
      expect(await handle.result()).toEqual({ goalId: `${goalId}-fails`, status: 'failed' });
      await keep(handle, 'scheduled-failed');
    });
  });
});
