/** What people tell a running goal: pause, resume, cancel a task; nothing is lost and nothing is sent against their word. */
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { CloseGoalInput } from '../../src/core/contracts/activities.ts';
import {
  cancelTaskUpdate,
  getStatusQuery,
  pauseSignal,
  resumeSignal,
  steerUpdate,
} from '../../src/core/contracts/messages.ts';
import { failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { deliverable, fakeActivities, fakeRef, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';
import { beating, untilCancelled } from './support/waiting.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe('pause', () => {
  it('pause and resume before a worker takes the goal → in their order: the last one holds', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a')]),
      script: () => submitted(),
    });
    const resumed = await bench.start('resumed-first');
    await resumed.signal(pauseSignal, { author: 'ada' });
    await resumed.signal(resumeSignal);
    const paused = await bench.start('paused-first');
    await paused.signal(resumeSignal);
    await paused.signal(pauseSignal, { author: 'ada' });
    await bench.withWorker(fake.activities, async () => {
      expect(await resumed.result()).toMatchObject({ status: 'completed' });
      await until(async () => ((await paused.query(getStatusQuery)).awaiting === 'resume' ? true : undefined));
      await paused.signal(resumeSignal);
      expect(await paused.result()).toMatchObject({ status: 'completed' });
    });
  });

  it('pause while a call is in flight → it ends, nothing new begins; resume → goes on', async () => {
    const started = gate();
    const answer = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a'), task('b', [0]), task('c', [1])]),
      script: async ({ taskId }) => {
        if (taskId === 'a') {
          started.open();
          await answer.opened;
        }
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('paused');
      await started.opened;
      await handle.signal(pauseSignal, { author: 'ada' });
      await until(async () => ((await handle.query(getStatusQuery)).awaiting === 'resume' ? true : undefined));
      answer.open();
      const paused = await until(async () => {
        const status = await handle.query(getStatusQuery);
        return status.counts.done === 1 && status.counts.running === 1 ? status : undefined;
      });
      expect(paused).toMatchObject({ awaiting: 'resume', reason: 'paused by ada' });
      expect(fake.calls.map((call) => call.taskId)).toEqual(['a']);
      await handle.signal(resumeSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'paused');
    });
    expect(fake.calls.map((call) => call.taskId)).toEqual(['a', 'b', 'c']);
    expect(fake.events.filter(({ type }) => type === 'awaiting').map(({ data }) => data.awaiting)).toEqual(['resume']);
  });

  it('paused while its last call is in flight, resumed while its end is written → ends as its tasks did, tells nothing after its end', async () => {
    const started = gate();
    const answer = gate();
    const closing = gate();
    const resumed = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a')]),
      script: async () => {
        started.open();
        await answer.opened;
        return submitted();
      },
    });
    const closeGoal = async (input: CloseGoalInput) => {
      closing.open();
      await beating(resumed.opened);
      return fake.activities.closeGoal(input);
    };
    await bench.withWorker({ ...fake.activities, closeGoal }, async () => {
      const handle = await bench.start('paused-at-its-end');
      await started.opened;
      await handle.signal(pauseSignal, { author: 'ada' });
      await until(async () => ((await handle.query(getStatusQuery)).awaiting === 'resume' ? true : undefined));
      answer.open();
      await closing.opened;
      await handle.signal(resumeSignal);
      await handle.signal(pauseSignal, { author: 'bob' });
      expect((await handle.query(getStatusQuery)).awaiting).toBeUndefined();
      resumed.open();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'paused-at-its-end');
    });
    expect(fake.closed[0]).toMatchObject({ status: 'completed', nextEvent: fake.events.length + 1 });
    expect(fake.events.map(({ type }) => type).slice(-2)).toEqual(['awaiting', 'awaiting-end']);
  });

  it('paused, then cancelled → cancelled, nothing more sent', async () => {
    const started = gate();
    const answer = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a'), task('b', [0])]),
      script: async () => {
        started.open();
        await answer.opened;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('paused-cancelled');
      await started.opened;
      await handle.signal(pauseSignal, { author: 'ada' });
      await until(async () => ((await handle.query(getStatusQuery)).awaiting === 'resume' ? true : undefined));
      answer.open();
      await until(async () => ((await handle.query(getStatusQuery)).counts.done === 1 ? true : undefined));
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'paused-cancelled');
    });
    expect(fake.calls.map((call) => call.taskId)).toEqual(['a']);
    expect(fake.closed[0]).toMatchObject({ status: 'cancelled', tasks: { done: 1, cancelled: 1 } });
  });
});

describe('cancelTask', () => {
  it('a running and a waiting task → cancelled, dependents skipped, the others go on', async () => {
    const started = gate();
    const rest = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('slow'), task('after', [0]), task('other'), task('later', [2]), task('last', [2])]),
      script: async ({ taskId }) => {
        if (taskId === 'slow') {
          started.open();
          await untilCancelled();
        }
        if (taskId === 'other') await rest.opened;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('cancel-task');
      await started.opened;
      const cancel = (taskId: string) => handle.executeUpdate(cancelTaskUpdate, { args: [{ taskId, author: 'ada' }] });
      expect(await cancel('slow')).toEqual({ state: 'cancelling' });
      expect(await cancel('later')).toEqual({ state: 'cancelled' });
      await until(async () => ((await handle.query(getStatusQuery)).counts.skipped === 1 ? true : undefined));
      for (const taskId of ['slow', 'after', 'nobody', '__proto__']) {
        const refused = await cancel(taskId).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
        expect(failureType(refused)).toBe('control.invalid');
      }
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'partial', reason: 'not done: slow, after, later' });
      await keepHistory(handle, 'cancel-task');
    });
    const ends = fake.events
      .filter(({ type }) => type === 'task-end')
      .map(({ taskId, data }) => [taskId, data.status, data.reason]);
    expect(ends).toEqual(
      expect.arrayContaining([
        ['slow', 'cancelled', 'cancelled by ada'],
        ['after', 'skipped', 'depends on slow'],
        ['later', 'cancelled', 'cancelled by ada'],
      ]),
    );
    expect(fake.calls.map((call) => call.taskId).sort()).toEqual(['last', 'other', 'slow']);
  });
});

describe('steer', () => {
  it('a note while two tasks run → each takes it up with its next turn, later ones at their start; once', async () => {
    const started = gate();
    const rest = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { synthesis: true },
      given: skeleton([task('a'), task('b'), task('later', [0])]),
      script: async ({ purpose, taskId, turn }) => {
        if (purpose === 'synthesis') return deliverable();
        if (turn > 2 || taskId === 'later') return submitted();
        if (turn === 1 && taskId === 'b') started.open();
        if (turn === 1) await rest.opened;
        return { kind: 'tools', calls: [{ index: 0, id: 'x', name: 'list_files', argsHash: 'x' }], submitted: false };
      },
    });
    const note = fakeRef('in euros');
    const only = fakeRef('only for a');
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('steered');
      await started.opened;
      const steer = (input: object) => handle.executeUpdate(steerUpdate, { args: [{ note, author: 'ada', ...input }] });
      expect(await steer({})).toEqual({ running: 2 });
      expect(await steer({ note: only, taskId: 'a' })).toEqual({ running: 1 });
      for (const input of [{ taskId: 'nobody' }, { author: '' }, { note: { hash: 'x', bytes: 1 } }, { more: 1 }]) {
        const refused = await steer(input).catch((error: unknown) => error);
        expect(failureType(refused)).toBe('control.invalid');
      }
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'steered');
    });
    const notes = (taskId: string) => fake.calls.filter((call) => call.taskId === taskId).map((call) => call.notes);
    expect(notes('a')).toEqual([undefined, [note.hash, only.hash], undefined]);
    expect(notes('b')).toEqual([undefined, [note.hash], undefined]);
    expect(notes('later')).toEqual([[note.hash]]);
    expect(notes('_synthesis')).toEqual([[note.hash]]);
    expect(fake.events.filter(({ type }) => type === 'steered')).toHaveLength(2);
  });
});
