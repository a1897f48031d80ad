/** The budget ledger: settled + reserved never pass the cap, whatever is in parallel and whatever dies (G8). */
import fc from 'fast-check';
import { newGoalId } from '../../src/core/ids.ts';
import type { CallId, Store } from '../../src/store/store.ts';
import { CENSUS, callId, finishedCall, newGoal, SNAPSHOT, TENANT } from './samples.ts';
import { describeStore } from './servers.ts';

/** An opened goal with a budget. */
async function goalWith(store: Store, budgetMicroUsd: number, budgetWarnShare = 0.8): Promise<string> {
  const goalId = await newGoal(store, []);
  const snapshot = { ...SNAPSHOT, limits: { ...SNAPSHOT.limits, budgetMicroUsd, budgetWarnShare } };
  await store.goals.open({ goalId, tenant: TENANT, title: 'T', snapshot });
  return goalId;
}

async function account(store: Store, goalId: string) {
  const budget = await store.budget.read(TENANT, goalId);
  if (!budget) throw new Error('no account');
  return budget;
}

/** A recorded call that cost so much. */
function paid(id: CallId, costMicroUsd: number) {
  const call = finishedCall(id, { reserved: true });
  return { ...call, result: { ...call.result, costMicroUsd } };
}

/** Where a worker dies with its call. */
const ENDS = ['before-send', 'in-flight', 'recorded', 'recorded-twice', 'released'] as const;

/** One attempt at a call, which dies where it is told to. */
interface Attempt {
  readonly end: (typeof ENDS)[number];
  readonly worst: number;
  /** Share of the worst price that is really paid. */
  readonly share: number;
}

describeStore('budget ledger', (context) => {
  it('reserve: what fits is held, what does not is refused with the facts; settled and given back', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const [a, b] = [callId(goalId), callId(goalId, { taskId: 'b' })];
    expect(await store.budget.reserve(a, 600)).toMatchObject({ granted: true, reservedMicroUsd: 600, warns: false });
    expect(await store.budget.reserve(b, 401)).toEqual({
      granted: false,
      capMicroUsd: 1_000,
      settledMicroUsd: 0,
      reservedMicroUsd: 600,
      warns: false,
    });
    expect(await store.budget.reserve(b, 400)).toMatchObject({ granted: true, reservedMicroUsd: 1_000, warns: true });
    await store.journal.record(paid(a, 250));
    await store.budget.release(b);
    await store.budget.release(b);
    expect(await account(store, goalId)).toEqual({ capMicroUsd: 1_000, settledMicroUsd: 250, reservedMicroUsd: 0 });
    expect((await store.goals.detail(TENANT, goalId))?.budget?.settledMicroUsd).toBe(250);
  });

  it('reserve: a later attempt or call of the task → replaces what the dead one held, also when it is refused', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    await store.budget.reserve(callId(goalId), 900);
    expect(await store.budget.reserve(callId(goalId), 900)).toMatchObject({ granted: true, reservedMicroUsd: 900 });
    const next = callId(goalId, { revision: 1 });
    expect(await store.budget.reserve(next, 800)).toMatchObject({ granted: true, reservedMicroUsd: 800 });
    expect(await store.budget.reserve(next, 1_001)).toMatchObject({ granted: false, reservedMicroUsd: 0 });
  });

  it('record: the same call by two attempts → paid once, nothing stays held', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    await store.budget.reserve(callId(goalId), 500);
    await store.journal.record(paid(callId(goalId), 100));
    await store.budget.reserve(callId(goalId), 500);
    expect(await store.journal.record(paid(callId(goalId), 300))).toMatchObject({ recorded: true, costMicroUsd: 100 });
    expect(await account(store, goalId)).toMatchObject({ settledMicroUsd: 100, reservedMicroUsd: 0 });
  });

  it('warn: once per cap; raise: never lower; close: nothing stays held; no account: goal.not-found', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    await store.budget.reserve(callId(goalId), 900);
    await Promise.all([store.budget.warn(TENANT, goalId), store.budget.warn(TENANT, goalId)]);
    expect(await store.budget.reserve(callId(goalId), 900)).toMatchObject({ warns: false });
    const stored = await store.events.read(TENANT, goalId, 0);
    expect(stored.map(({ type, data }) => [type, data.capMicroUsd])).toEqual([['budget-warning', 1_000]]);
    expect(await store.budget.raise(TENANT, goalId, 500)).toMatchObject({ capMicroUsd: 1_000 });
    expect(await store.budget.raise(TENANT, goalId, 1_100)).toMatchObject({ capMicroUsd: 1_100 });
    expect(await store.budget.reserve(callId(goalId), 900)).toMatchObject({ warns: true });
    await store.goals.close({ goalId, tenant: TENANT, status: 'partial', census: CENSUS, events: [] });
    expect(await account(store, goalId)).toMatchObject({ reservedMicroUsd: 0 });
    const without = await newGoal(store);
    expect(await store.budget.read(TENANT, without)).toBeUndefined();
    await expect(store.budget.reserve(callId(newGoalId()), 1)).rejects.toMatchObject({ type: 'goal.not-found' });
  });

  it('open: again with another budget → the first one stands', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const snapshot = { ...SNAPSHOT, limits: { ...SNAPSHOT.limits, budgetMicroUsd: 9_000 } };
    await store.goals.open({ goalId, tenant: TENANT, title: 'T', snapshot });
    expect(await account(store, goalId)).toMatchObject({ capMicroUsd: 1_000 });
  });

  it('20 parallel tasks × random prices × deaths at every point → settled + reserved ≤ cap, no leak afterwards (G8)', async () => {
    const { store } = context;
    const attempt: fc.Arbitrary<Attempt> = fc.record({
      end: fc.constantFrom(...ENDS),
      worst: fc.integer({ min: 1, max: 400 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const tasks = fc.array(fc.array(attempt, { minLength: 1, maxLength: 4 }), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(tasks, fc.integer({ min: 1, max: 4_000 }), async (all, cap) => {
        const goalId = await goalWith(store, cap);
        await Promise.all(
          all.map(async (attempts, task) => {
            let turn = 1;
            for (const one of attempts) {
              const recorded = await live(store, callId(goalId, { taskId: `t${task}`, turn }), one);
              if (recorded) turn += 1;
              const { settledMicroUsd, reservedMicroUsd } = await account(store, goalId);
              expect(settledMicroUsd + reservedMicroUsd).toBeLessThanOrEqual(cap);
            }
            // The retry that follows every death comes through.
            await store.budget.reserve(callId(goalId, { taskId: `t${task}`, turn }), 0);
            await store.budget.release(callId(goalId, { taskId: `t${task}`, turn }));
          }),
        );
        const { costMicroUsd } = await store.goals.totals(TENANT, goalId);
        expect(await account(store, goalId)).toEqual({
          capMicroUsd: cap,
          settledMicroUsd: costMicroUsd,
          reservedMicroUsd: 0,
        });
      }),
      { numRuns: 15 },
    );
  });
});

/** One attempt; true when its call was recorded. */
async function live(store: Store, id: CallId, { end, worst, share }: Attempt): Promise<boolean> {
  const grant = await store.budget.reserve(id, worst);
  expect(grant.settledMicroUsd + grant.reservedMicroUsd).toBeLessThanOrEqual(grant.capMicroUsd);
  if (!grant.granted || end === 'before-send') return false;
  if (end === 'released') await store.budget.release(id);
  if (end !== 'recorded' && end !== 'recorded-twice') return false;
  const call = paid(id, Math.floor(worst * share));
  await Promise.all(Array.from({ length: end === 'recorded' ? 1 : 2 }, () => store.journal.record(call)));
  return true;
}
