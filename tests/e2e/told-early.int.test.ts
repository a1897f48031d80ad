/** What people tell a goal before its workflow knows what the store knows: taken all the same. Real parts. */
import { connectTo } from '../../src/client/connect.ts';
import { newGoalId } from '../../src/core/ids.ts';
import { isTaskCall, withLatency } from '../../src/simulator/index.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

let system: System;
let stopWorker: (() => Promise<void>) | undefined;
beforeAll(async () => {
  system = await startSystem({ worker: false });
});
afterAll(async () => {
  await stopWorker?.();
  await system.close();
});

const slow = (ms: number) =>
  computing({ when: isTaskCall('a'), reply: (request) => withLatency(ms, computed(request)) });

describe('a goal that no worker has taken up', () => {
  it('told to cancel, steer, edit, spend more before it has opened → none refused; each holds', async () => {
    const plan = planOf([task('a'), task('b', ['a']), task('c', ['a'])]);
    const goalId = await system.start(slow(4_000), { plan, budgetUsd: 5 });
    const told = Promise.all([
      system.client.cancelTask(goalId, { taskId: 'b' }),
      system.client.steer(goalId, { text: 'be brief', taskId: 'a' }),
      system.client.raiseBudget(goalId, { budgetUsd: 7 }),
      system.client.skipTask(goalId, { taskId: 'c' }),
    ]);
    stopWorker = await runWorker(system);
    const [cancelled, steered, raised, skipped] = await told;
    expect([cancelled, steered, raised]).toEqual([
      { state: 'cancelled' },
      { running: 1 },
      { budgetMicroUsd: 7_000_000 },
    ]);
    expect(skipped.changes).toMatchObject([{ task: 'c', kind: 'skipped' }]);
    await system.result(goalId);
    const { tasks, budget } = await system.client.show(goalId);
    expect(tasks.map(({ taskId, status }) => `${taskId} ${status}`)).toEqual(['a done', 'b cancelled', 'c skipped']);
    expect(budget).toMatchObject({ capMicroUsd: 7_000_000 });
  });
});

/** How each of them was answered. */
const codesOf = (told: readonly Promise<unknown>[]) =>
  Promise.all(
    told.map((one) =>
      one.then(
        () => 'taken',
        (error: { readonly code?: string }) => error.code ?? `${error}`,
      ),
    ),
  );

describe('more at once than Temporal takes', () => {
  const notes = (goalId: string, count: number) =>
    Array.from({ length: count }, (_, at) => system.client.steer(goalId, { text: `note ${at}` }));

  it('35: 20 notes at once, and a worker a little later → all are taken', async () => {
    await stopWorker?.();
    // Open until they are taken, on a slow machine too.
    const goalId = await system.start(slow(100_000), { plan: planOf([task('a')]) });
    const told = codesOf(notes(goalId, 20));
    stopWorker = await runWorker(system);
    expect(new Set(await told)).toEqual(new Set(['taken']));
    await system.client.cancel(goalId);
    await system.result(goalId);
  });

  it('35: an 11th and no worker → told within seconds what it is; the ten, that nobody answered', async () => {
    await stopWorker?.();
    const goalId = await system.start(computing(), { plan: planOf([task('a')]) });
    const begun = Date.now();
    const told = notes(goalId, 11);
    const first = await Promise.race(told.map((one) => one.catch(({ code }: { code: string }) => code)));
    expect(first).toBe('control.crowded');
    expect(Date.now() - begun).toBeLessThan(10_000);
    const codes = await codesOf(told);
    expect(codes.toSorted()).toEqual(['control.crowded', ...Array.from({ length: 10 }, () => 'temporal.unavailable')]);
    stopWorker = await runWorker(system);
    await system.result(goalId);
  });

  it('37: said and told by a client that is closed → said so', async () => {
    const target = { temporal: system, store: system.database, simulated: true };
    const client = await connectTo(target, system.config);
    await client.close();
    const codes = await codesOf([
      client.conversations.say(newGoalId(), { text: 'x' }),
      client.steer(newGoalId(), { text: 'x' }),
      client.start({ text: 'x' }),
      client.schedules.trigger('x'),
      client.list(),
    ]);
    expect(new Set(codes)).toEqual(new Set(['store.closed']));
    await client.close();
  });
});

leavesSoundHistories(() => system);
