/** A goal with results of another: what was taken over is done from the start, also in later runs of the workflow. */
import { fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('goalWorkflow of a fork', () => {
  it('some results taken over → only the rest is called, at once, and all count as done', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { verify: 'off', synthesis: false },
      given: skeleton([task('a'), task('b', [0]), task('c', [0]), task('d', [1, 2])]),
      reused: '1010',
      script: () => submitted(),
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('fork');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'fork');
    });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['b', 'd']);
    expect(fake.closed).toMatchObject([{ tasks: { total: 4, done: 4 } }]);
  });

  it('all taken over → no call, completed', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { verify: 'off', synthesis: false },
      given: skeleton([task('a'), task('b', [0])]),
      reused: '11',
      script: () => submitted(),
    });
    await bench.withWorker(fake.activities, async () => {
      expect(await (await bench.start('fork-of-all')).result()).toMatchObject({ status: 'completed' });
    });
    expect(fake.calls).toEqual([]);
  });

  it('so long that it continues as new → what was taken over stays done, nothing is called twice', async () => {
    const count = 80;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { verify: 'off', synthesis: false },
      given: skeleton(Array.from({ length: count }, (_, at) => task(`t${at}`, at === 0 ? [] : [at - 1]))),
      reused: '1'.repeat(10) + '0'.repeat(count - 10),
      script: () => ({ kind: 'submitted', result: { hash: 'x'.repeat(120_000), bytes: 1 }, implicit: false }),
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('fork-continued');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      const first = handle.firstExecutionRunId;
      expect((await bench.client.workflow.getHandle(handle.workflowId).describe()).runId).not.toBe(first);
    });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(
      Array.from({ length: count - 10 }, (_, at) => `t${at + 10}`),
    );
  });
});
