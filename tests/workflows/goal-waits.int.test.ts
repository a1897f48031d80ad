/** The goal workflow waits for people, keeps tasks to their time, and stops when it is cancelled. */
import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { TurnOutcome } from '../../src/core/contracts/calls.ts';
import { getStatusQuery, resumeSignal } from '../../src/core/contracts/messages.ts';
import { failure } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { deliverable, fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';
import { untilCancelled } from './support/waiting.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const plan = (...tasks: ReturnType<typeof task>[]): TurnOutcome => ({ kind: 'plan', skeleton: skeleton(tasks) });

describe('goalWorkflow', () => {
  it('the key is refused → the goal waits, and resume makes the same call again', async () => {
    let refused = 0;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a'), task('b')]),
      script: ({ taskId }) => {
        if (taskId === 'a' && refused++ === 0) throw failure('model.credentials', 'invalid key');
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('credentials');
      const waiting = await until(async () => {
        const status = await handle.query(getStatusQuery);
        return status.awaiting ? status : undefined;
      });
      expect(waiting).toMatchObject({ awaiting: 'credentials', reason: 'model.credentials: invalid key' });
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'credentials');
    });
    expect(fake.calls.filter((call) => call.taskId === 'a').map(({ revision, turn }) => [revision, turn])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(fake.events.map((event) => event.type)).toEqual(expect.arrayContaining(['awaiting', 'awaiting-end']));
  });

  it('every attempt of a call found no room → the call is made again, no task fails for that', async () => {
    let attempts = 0;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a')]),
      script: () => {
        // As after Temporal's last attempt.
        if (attempts++ < 2) throw ApplicationFailure.create({ type: 'model.no-capacity', nonRetryable: true });
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('no-room');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    expect(attempts).toBe(3);
  });

  it('waiting for a person → does not use up the task’s time', async () => {
    let refused = 0;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { taskTimeoutMs: 1_500 },
      given: skeleton([task('a')]),
      script: () => {
        if (refused++ === 0) throw failure('model.spend-limit', 'limit reached');
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('waited');
      const startedAt = Date.now();
      await until(async () => (Date.now() - startedAt > 2_000 ? true : undefined));
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'waited');
    });
    expect(fake.calls).toHaveLength(2);
  });

  it('a task over its time → failed without another attempt', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { taskTimeoutMs: 1_000 },
      given: skeleton([task('slow'), task('b')]),
      script: ({ taskId }) => (taskId === 'slow' ? untilCancelled() : submitted()),
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('over-time');
      expect(await handle.result()).toMatchObject({ status: 'partial', reason: 'not done: slow' });
      await keepHistory(handle, 'over-time');
    });
    expect(fake.calls.filter((call) => call.taskId === 'slow')).toHaveLength(1);
    expect(fake.events.find((event) => event.taskId === 'slow')?.data.reason).toMatch(/^timed out/);
  });

  it.each(['planning', 'tasks', 'synthesis'])(
    'cancel during %s → cancelled, closed once, nothing called afterwards',
    async (phase) => {
      const held = { planning: '_plan', tasks: 'a', synthesis: '_synthesis' }[phase];
      const { open: reached, opened: atWork } = gate();
      const fake = fakeActivities({
        taskQueue: bench.taskQueue,
        limits: { synthesis: true },
        script: async (call) => {
          if (call.taskId === held) {
            reached();
            await untilCancelled();
          }
          if (call.purpose === 'plan') return plan(task('a'), task('b', [0]));
          return call.purpose === 'synthesis' ? deliverable() : submitted();
        },
      });
      await bench.withWorker(fake.activities, async () => {
        const handle = await bench.start(`cancel-${phase}`);
        await atWork;
        await handle.cancel();
        const error = await handle.result().catch((caught: unknown) => caught);
        expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
        await keepHistory(handle, `cancel-${phase}`);
      });
      expect(fake.closed[0]).toMatchObject({ status: 'cancelled' });
      expect(fake.calls.at(-1)?.taskId).toBe(held);
      expect(fake.events.map((event) => event.type)).toContain('cancelling');
    },
  );
});
