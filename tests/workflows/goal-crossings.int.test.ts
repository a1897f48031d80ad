/** The goal workflow where two things meet: waits of two kinds, a cancel during a wait or a replan, queues per role. */
import { getStatusQuery, resumeSignal } from '../../src/core/contracts/messages.ts';
import { failure } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';
import { untilCancelled } from './support/waiting.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Handle = Awaited<ReturnType<GoalBench['start']>>;

const awaiting = (handle: Handle, what: string) =>
  until(async () => ((await handle.query(getStatusQuery)).awaiting === what ? true : undefined));

describe('goalWorkflow where two things meet', () => {
  it('two keys refused and a call without money → one wait at a time, each ends by what it waited for', async () => {
    const refused = new Set<string>();
    let money = false;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000 },
      given: skeleton([task('a'), task('b'), task('poor')]),
      script: ({ taskId }) => {
        if (taskId === 'poor') {
          if (money) return submitted();
          throw failure('budget.exhausted', 'the next call may cost $1.0000');
        }
        if (refused.has(taskId)) return submitted();
        refused.add(taskId);
        throw failure('model.credentials', 'invalid key');
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('two-waits');
      await awaiting(handle, 'credentials');
      await until(async () => (fake.calls.length >= 4 ? true : undefined));
      await handle.signal(resumeSignal);
      await awaiting(handle, 'budget');
      money = true;
      await handle.executeUpdate('raiseBudget', { args: [{ budgetUsd: 5, author: 'me' }] });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'two-waits');
    });
  });

  it('cancel while a call waits for money → cancelled, the call is not made again', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000 },
      given: skeleton([task('a'), task('b', [0])]),
      script: () => {
        throw failure('budget.exhausted', 'the next call may cost $1.0000');
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('cancel-awaiting-budget');
      await awaiting(handle, 'budget');
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'cancel-awaiting-budget');
    });
    expect(fake.calls).toHaveLength(1);
    expect(fake.closed).toMatchObject([{ status: 'cancelled', tasks: { cancelled: 2 } }]);
  });

  it('no money for anything, onBudget partial → failed with that reason', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000, onBudget: 'partial' },
      given: skeleton([task('a'), task('b', [0])]),
      script: () => {
        throw failure('budget.exhausted', 'the next call may cost $1.0000');
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-nothing');
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'budget-nothing');
    });
    expect(fake.closed).toMatchObject([
      { status: 'failed', reason: 'the budget was used up before a task was done', tasks: { skipped: 2 } },
    ]);
  });

  it('cancel while the worker of the planning call is gone → cancelled, not failed', async () => {
    let planning = false;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      script: async () => {
        planning = true;
        // No heartbeat for longer than the timeout of 2 s, as of a process that was killed.
        await new Promise((passed) => setTimeout(passed, 3_000));
        return { kind: 'refused', reason: 'nobody hears it' };
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('cancel-lost');
      await until(async () => (planning ? true : undefined));
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow('cancelled');
      await keepHistory(handle, 'cancel-lost');
    });
    expect(fake.closed).toMatchObject([{ status: 'cancelled' }]);
  });

  it('cancel while the manager replans → the failed task stays failed, the rest is cancelled', async () => {
    let replanning = false;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('x', [], { onFailure: 'replan' }), task('y', [0]), task('late'), task('z', [2])]),
      script: async (call) => {
        if (call.purpose === 'replan') {
          replanning = true;
          return untilCancelled();
        }
        if (call.taskId === 'x') return { kind: 'refused', reason: 'no' };
        return untilCancelled();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('cancel-replanning');
      await until(async () => (replanning ? true : undefined));
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'cancel-replanning');
    });
    expect(fake.closed).toMatchObject([{ status: 'cancelled' }]);
    const ends = fake.events
      .filter((event) => event.type === 'task-end')
      .map(({ taskId, data }) => [taskId, data.status]);
    expect(ends).toHaveLength(4);
    expect(ends).toEqual(expect.arrayContaining([['x', 'failed']]));
  });

  it('a second failure while the manager replans → judged after the new plan', async () => {
    let failedToo = false;
    const { open: fail, opened: replanned } = gate();
    const first = [task('a'), task('x', [], { onFailure: 'replan' }), task('v', [], { onFailure: 'skip-dependents' })];
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton(first),
      script: async (call) => {
        if (call.purpose === 'replan') {
          fail();
          await until(async () => (failedToo ? true : undefined));
          return { kind: 'plan', skeleton: skeleton(first, { revision: 1 }) };
        }
        if (call.taskId === 'v') {
          await replanned;
          failedToo = true;
        }
        return call.taskId === 'a' ? submitted() : { kind: 'refused', reason: 'no' };
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('fails-while-replanning');
      expect(await handle.result()).toMatchObject({ status: 'partial' });
      await keepHistory(handle, 'fails-while-replanning');
    });
    expect(fake.closed).toMatchObject([{ replans: 1, tasks: { failed: 2, done: 1 } }]);
  });

  it('a queue for each role → every activity on its own, same result', async () => {
    const queues = { model: `${bench.taskQueue}-model`, tools: `${bench.taskQueue}-tools` };
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      queues,
      given: skeleton([task('a'), task('b', [0])]),
      script: ({ turn }) => {
        if (turn === 2) return submitted();
        return { kind: 'tools', calls: [{ index: 0, id: 't', name: 'list_files', argsHash: 'h' }], submitted: false };
      },
    });
    const { callModel, runTool, ...rest } = fake.activities;
    const run = async () => {
      const handle = await bench.start('queues');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      const { events } = await keepHistory(handle, 'queues');
      const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: one }) => (one ? [one] : []));
      const used = new Set(scheduled.map(({ activityType, taskQueue }) => `${activityType?.name} ${taskQueue?.name}`));
      const own = ['closeGoal', 'openGoal'].map((name) => `${name} ${bench.taskQueue}`);
      expect([...used].sort()).toEqual([`callModel ${queues.model}`, ...own, `runTool ${queues.tools}`]);
    };
    const withTools = () => bench.withWorker({ runTool }, run, { taskQueue: queues.tools });
    const withModel = () => bench.withWorker({ callModel }, withTools, { taskQueue: queues.model });
    await bench.withWorker(rest, withModel);
    expect(fake.calls).toHaveLength(4);
  });
});
