/**
 * G8: random trees of accounts, parallel calls at random prices, deaths at every point. PostgreSQL itself checks at every
 * commit that settled + reserved ≤ cap. 500 goals; LONG=1: 10,000; SEED=<n>: another start.
 */
import fc from 'fast-check';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-servers.ts';
import { type Attempt, ENDS, type GoalPlan, type Month, type Outcome, runMonth } from './random-money.ts';
import { execute } from './servers.ts';

const GOALS = process.env.LONG === '1' ? 10_000 : 500;
const GOALS_A_MONTH = 20;
const AT_ONCE = 4;
const SEED = Number(process.env.SEED ?? 8);

const attempt: fc.Arbitrary<Attempt> = fc.record({
  end: fc.constantFrom(...ENDS, 'recorded' as const, 'recorded' as const),
  worst: fc.integer({ min: 1, max: 400 }),
  share: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1)),
});
const cap = (max: number) => fc.option(fc.integer({ min: 1, max }), { freq: 2 });
const goalPlan: fc.Arbitrary<GoalPlan> = fc.record({
  cap: cap(3_000),
  under: fc.constantFrom('schedule' as const, 'schedule' as const, 'tenant' as const, 0, 1, 2),
  tasks: fc.array(fc.array(attempt, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
});
/** Goals below another come after it. */
const months = (goals: { min: number; max: number }): fc.Arbitrary<Month> =>
  fc.record({
    tenantCap: cap(goals.max * 800),
    scheduleCap: cap(goals.max * 500),
    goals: fc
      .array(goalPlan, { minLength: goals.min, maxLength: goals.max })
      .map((all) =>
        all.map((one, at) =>
          typeof one.under === 'number' && one.under >= at ? { ...one, under: 'tenant' as const } : one,
        ),
      ),
  });

/** The accounts at the end against ledger, unknown spend and the bill. Gives the most that any is over its cap: 0. */
async function audit(store: Store, tenant: string, { goals, billed }: Outcome): Promise<number> {
  let over = 0;
  for (const [account, goalIds] of goals) {
    const found = await store.budget.read(tenant, account);
    if (!found) continue;
    const { capMicroUsd, settledMicroUsd, reservedMicroUsd, unknownMicroUsd } = found;
    const totals = await Promise.all(goalIds.map((goalId) => store.goals.totals(tenant, goalId)));
    const sum = (pick: (one: (typeof totals)[number]) => number) => totals.reduce((all, one) => all + pick(one), 0);
    const paid = sum((one) => one.costMicroUsd + one.duplicateMicroUsd + one.unknownMicroUsd);
    const unknown = sum((one) => one.unknownMicroUsd);
    const actual = { settledMicroUsd, unknownMicroUsd, reservedMicroUsd };
    expect(actual).toEqual({ settledMicroUsd: paid, unknownMicroUsd: unknown, reservedMicroUsd: 0 });
    const bill = billed.get(account) ?? 0;
    expect(bill).toBeLessThanOrEqual(settledMicroUsd);
    if (capMicroUsd !== null) over = Math.max(over, settledMicroUsd - capMicroUsd, bill - capMicroUsd);
  }
  return Math.max(0, over);
}

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  store = await openStore({ connection: database.connection, poolSize: 10 });
  await store.migrate();
  await execute(
    database.connection,
    `alter table orchestrator.budget_accounts add constraint never_over check (
       (cap_micro_usd is null or settled_micro_usd + reserved_micro_usd <= cap_micro_usd)
       and reserved_micro_usd >= 0 and unknown_micro_usd between 0 and settled_micro_usd)`,
  );
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

describe('budget ledger: properties', () => {
  it('G8 G25 budgets: random trees, calls and deaths → within every cap at every commit, accounts close exactly', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(months({ min: 1, max: 5 }), async (month) => {
        const tenant = `p${++number}`;
        const outcome = await runMonth(store, tenant, month);
        expect(await audit(store, tenant, outcome)).toBe(0);
        expect(outcome.sentAfterRecord).toBe(0);
      }),
      { numRuns: 20, seed: SEED },
    );
  });

  it(`G8 G4 budgets: ${GOALS} parallel goals in shared accounts → overshoot $0.00, no recorded call made again`, async () => {
    const sample = fc.sample(fc.noBias(months({ min: GOALS_A_MONTH, max: GOALS_A_MONTH })), {
      numRuns: GOALS / GOALS_A_MONTH,
      seed: SEED,
    });
    const startedAt = performance.now();
    const sums = { over: 0, admitted: 0, refused: 0, recorded: 0, again: 0, billed: 0 };
    const ends = new Set<string>();
    const queue = [...sample.entries()];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = queue.pop(); next; next = queue.pop()) {
          const tenant = `m${next[0]}`;
          const outcome = await runMonth(store, tenant, next[1]);
          sums.over = Math.max(sums.over, await audit(store, tenant, outcome));
          sums.admitted += outcome.admitted;
          sums.refused += outcome.refused;
          sums.recorded += outcome.recorded;
          sums.again += outcome.sentAfterRecord;
          for (const end of outcome.ends.keys()) ends.add(end);
        }
      }),
    );
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.info(
      `G8: ${GOALS} goals, ${sums.admitted} requests admitted, ${sums.refused} refused, ${sums.recorded} calls recorded: ` +
        `overshoot $${(sums.over / 1_000_000).toFixed(2)}, ${sums.again} recorded calls made again, ${seconds} s`,
    );
    expect(sums).toMatchObject({ over: 0, again: 0 });
    expect([...ends].sort()).toEqual([...ENDS].sort());
    // No trivial pass: much was sent, and much was refused.
    expect(sums.recorded).toBeGreaterThan(GOALS / 2);
    expect(sums.refused).toBeGreaterThan(GOALS / 10);
  }, 3_600_000);
});
