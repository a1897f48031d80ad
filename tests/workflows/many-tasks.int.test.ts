/** A plan at the size limit: the workflow continues as new and stays within Temporal's limits. */
import { fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { type GoalBench, keepHistory, largestPayload, openBench, saveHistory } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('goalWorkflow at its limits', () => {
  it('1,000 tasks of two turns → continues as new within the limits, every call made once (G11, G12)', async () => {
    const tasks = Array.from({ length: 1_000 }, (_, index) => task(`t${index}`, index < 50 ? [] : [index - 50]));
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton(tasks),
      script: ({ turn }) => {
        if (turn === 2) return submitted();
        return { kind: 'tools', calls: [{ index: 0, id: 't', name: 'list_files', argsHash: 'h' }], submitted: false };
      },
    });
    const work = async () => {
      const handle = await bench.start('many-tasks');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      const first = await bench.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId).fetchHistory();
      expect(first.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes).toBeTruthy();
      expect(first.events?.length).toBeLessThanOrEqual(10_000);
      await saveHistory({ workflowId: handle.workflowId, runId: handle.firstExecutionRunId }, 'continues');
      const second = await keepHistory(handle, 'continued');
      expect(Math.max(largestPayload(first), largestPayload(second))).toBeLessThanOrEqual(128 * 1024);
    };
    await bench.withWorker(fake.activities, work, { workflows: 10 });
    expect(fake.calls).toHaveLength(2_000);
    expect(new Set(fake.calls.map(({ taskId, turn }) => `${taskId}/${turn}`)).size).toBe(2_000);
    expect(fake.closed[0]?.tasks).toMatchObject({ total: 1_000, done: 1_000 });
  });
});
