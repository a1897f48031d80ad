/** The budget ledger: settled + reserved never pass a cap at any level, whatever is in parallel and whatever dies (G8). */
import { goalAccount, scheduleAccount, tenantAccount } from '../../src/core/contracts/budget.ts';
import { newGoalId } from '../../src/core/ids.ts';
import type { CallRequest } from '../../src/store/admission.ts';
import type { CallId, FinishedCall, Store } from '../../src/store/store.ts';
import { CENSUS, callId, finishedCall, newGoal, SNAPSHOT, TENANT } from './samples.ts';
import { describeStore, execute } from './servers.ts';

/** An opened goal, with a budget where one is given. */
async function goalWith(
  store: Store,
  budgetMicroUsd?: number,
  more: { tenant?: string; parentAccount?: string } = {},
): Promise<string> {
  const { tenant = TENANT, parentAccount } = more;
  const goalId = newGoalId();
  const parent = parentAccount === undefined ? {} : { parentAccount };
  await store.goals.create({ goalId, tenant, request: { text: 'Write' }, simulated: true, ...parent });
  const budget = budgetMicroUsd === undefined ? {} : { budgetMicroUsd, budgetWarnShare: 0.8 };
  const snapshot = { ...SNAPSHOT, limits: { ...SNAPSHOT.limits, ...budget } };
  await store.goals.open({ goalId, tenant, title: 'T', snapshot });
  return goalId;
}

const account = (store: Store, goalId: string) => store.budget.read(TENANT, goalAccount(goalId));

/** A request; the attempt is named after what it may cost. */
function asking(worstMicroUsd: number, more: Partial<CallRequest> = {}): CallRequest {
  return { attempt: `for ${worstMicroUsd}`, worstMicroUsd, events: [], ...more };
}

/** The tenant's limit of the month. */
const limited = (capMicroUsd: number) => ({ tenantBudget: { capMicroUsd, warnShare: 1 } });

/** A call that cost so much. */
function paid(id: CallId, attempt: string, costMicroUsd: number): FinishedCall {
  const call = finishedCall(id, { attempt });
  return { ...call, result: { ...call.result, costMicroUsd } };
}

describeStore('budget ledger', (context) => {
  it('admit: what fits is held, what does not is refused with the facts and not counted; settled, given back', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const [a, b] = [callId(goalId), callId(goalId, { taskId: 'b' })];
    expect(await store.journal.admit(a, asking(600))).toEqual({ state: 'admitted', requestsSent: 1 });
    const facts = { account: goalAccount(goalId), capMicroUsd: 1_000, settledMicroUsd: 0, reservedMicroUsd: 600 };
    expect(await store.journal.admit(b, asking(401))).toEqual({ state: 'refused', ...facts, othersMicroUsd: 0 });
    expect(await store.journal.lookUp(b)).toEqual({ state: 'open', requestsSent: 0, failures: 0 });
    expect(await store.journal.admit(b, asking(400))).toEqual({ state: 'admitted', requestsSent: 1 });
    expect(await account(store, goalId)).toMatchObject({ reservedMicroUsd: 1_000 });
    await store.journal.record(paid(a, 'for 600', 250));
    await store.journal.abandon(b, { attempt: 'for 400', billed: false });
    await store.journal.abandon(b, { attempt: 'for 400', billed: false });
    const ended = { capMicroUsd: 1_000, settledMicroUsd: 250, reservedMicroUsd: 0, unknownMicroUsd: 0 };
    expect(await account(store, goalId)).toMatchObject(ended);
    expect((await store.goals.detail(TENANT, goalId))?.budget).toEqual(ended);
  });

  it('fail: refused by status → given back; perhaps billed → spent as unknown, and listed', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const id = callId(goalId);
    const failed = { type: 'model.x', message: 'm', counts: true };
    await store.journal.admit(id, asking(300));
    await store.journal.fail(id, { ...failed, attempt: 'for 300', billed: false });
    expect(await account(store, goalId)).toMatchObject({ settledMicroUsd: 0, reservedMicroUsd: 0 });
    await store.journal.admit(id, asking(400));
    await store.journal.fail(id, { ...failed, attempt: 'for 400', billed: true });
    const spent = { settledMicroUsd: 400, reservedMicroUsd: 0, unknownMicroUsd: 400 };
    expect(await account(store, goalId)).toMatchObject(spent);
    expect(await store.goals.totals(TENANT, goalId)).toMatchObject({ costMicroUsd: 0, unknownMicroUsd: 400 });
    expect(await store.journal.admit(id, asking(601))).toMatchObject({ state: 'refused', settledMicroUsd: 400 });
  });

  it('a dead attempt: the next one of its task → spent as unknown; its late answer → what it cost, once (G4)', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const id = callId(goalId);
    await store.journal.admit(id, asking(400));
    await store.journal.admit(id, asking(300));
    const dead = { settledMicroUsd: 400, unknownMicroUsd: 400, reservedMicroUsd: 300 };
    expect(await account(store, goalId)).toMatchObject(dead);
    await store.journal.record(paid(id, 'for 400', 100));
    await store.journal.record(paid(id, 'for 400', 100));
    const known = { settledMicroUsd: 100, unknownMicroUsd: 0, reservedMicroUsd: 300 };
    expect(await account(store, goalId)).toMatchObject(known);
    expect(await store.journal.record(paid(id, 'for 300', 50))).toMatchObject({ recorded: true, costMicroUsd: 100 });
    await store.journal.record(paid(id, 'for 300', 50));
    const both = { settledMicroUsd: 150, unknownMicroUsd: 0, reservedMicroUsd: 0 };
    expect(await account(store, goalId)).toMatchObject(both);
    const totals = { modelCalls: 1, costMicroUsd: 100, unknownMicroUsd: 0, duplicateMicroUsd: 50 };
    expect(await store.goals.totals(TENANT, goalId)).toMatchObject(totals);
  });

  it('close: what is held is spent as unknown; an answer after it → what it cost, never more', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    await store.journal.admit(callId(goalId), asking(900));
    await store.goals.close({ goalId, tenant: TENANT, status: 'partial', census: CENSUS, events: [] });
    const closed = { settledMicroUsd: 900, unknownMicroUsd: 900, reservedMicroUsd: 0 };
    expect(await account(store, goalId)).toMatchObject(closed);
    await store.journal.record(paid(callId(goalId), 'for 900', 500));
    const late = { settledMicroUsd: 500, unknownMicroUsd: 0, reservedMicroUsd: 0 };
    expect(await account(store, goalId)).toMatchObject(late);
  });

  it('sweep: older than any request can be, or of an ended goal → spent as unknown; others → kept', async () => {
    const { store } = context;
    const [old, fresh] = [await goalWith(store, 1_000), await goalWith(store)];
    await Promise.all([store.journal.admit(callId(old), asking(10)), store.journal.admit(callId(fresh), asking(20))]);
    const age = `update orchestrator.budget_reservations set at = now() - interval '2 hours' where goal_id = '${old}'`;
    await execute(context.connection, age);
    expect(await store.budget.sweep(3_600_000)).toBe(1);
    expect(await account(store, old)).toMatchObject({ settledMicroUsd: 10, unknownMicroUsd: 10 });
    const ended = `update orchestrator.goals set ended_at = now() where goal_id = '${fresh}'`;
    await execute(context.connection, ended);
    expect(await store.budget.sweep(3_600_000)).toBe(1);
    expect(await store.goals.totals(TENANT, fresh)).toMatchObject({ unknownMicroUsd: 20 });
  });

  it('a chain: held and settled at every level; a level without a cap lets all through', async () => {
    const { store } = context;
    const tenant = 'chain';
    const schedule = scheduleAccount('nightly');
    const month = limited(2_000);
    await store.budget.openAccount(tenant, { account: schedule, capMicroUsd: 500, warnShare: 1 });
    await store.budget.openAccount(tenant, { account: schedule, capMicroUsd: 9_999, warnShare: 1 });
    const parent = await goalWith(store, undefined, { tenant, parentAccount: schedule });
    const child = await goalWith(store, 300, { tenant, parentAccount: goalAccount(parent) });
    const id = callId(child, { tenant });
    expect(await store.journal.admit(id, asking(301, month))).toMatchObject({
      state: 'refused',
      account: goalAccount(child),
    });
    expect(await store.journal.admit(id, asking(300, month))).toMatchObject({ state: 'admitted' });
    const chain = [goalAccount(child), goalAccount(parent), schedule, tenantAccount(new Date())];
    const read = () => Promise.all(chain.map((name) => store.budget.read(tenant, name)));
    expect((await read()).map((each) => [each?.capMicroUsd, each?.reservedMicroUsd])).toEqual([
      [300, 300],
      [null, 300],
      [500, 300],
      [2_000, 300],
    ]);
    const sibling = callId(parent, { tenant });
    expect(await store.journal.admit(sibling, asking(201, month))).toEqual({
      state: 'refused',
      account: schedule,
      ...{ capMicroUsd: 500, settledMicroUsd: 0, reservedMicroUsd: 300, othersMicroUsd: 300 },
    });
    await store.journal.record(paid(id, 'for 300', 120));
    expect((await read()).map((each) => [each?.settledMicroUsd, each?.reservedMicroUsd])).toEqual(
      chain.map(() => [120, 0]),
    );
    const months = await store.budget.list(tenant);
    expect(months.map((each) => each.account)).toEqual([tenantAccount(new Date()), schedule]);
  });

  it('a goal without a cap under a limited tenant → held too; a higher configured cap counts at once, a lower one not', async () => {
    const { store } = context;
    const tenant = 'monthly';
    const id = callId(await goalWith(store, undefined, { tenant }), { tenant });
    const month = tenantAccount(new Date());
    expect(await store.journal.admit(id, asking(101, limited(100)))).toMatchObject({ account: month });
    expect(await store.journal.admit(id, asking(101, limited(150)))).toMatchObject({ state: 'admitted' });
    expect(await store.journal.admit(id, asking(20, limited(100)))).toMatchObject({ state: 'admitted' });
    expect(await store.budget.raise(tenant, month, 140)).toMatchObject({ capMicroUsd: 150 });
    expect(await store.budget.raise(tenant, month, 200)).toMatchObject({ capMicroUsd: 200, settledMicroUsd: 101 });
  });

  it('warnings: one event per account and cap, with the account; raised → again', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const id = (turn: number) => callId(goalId, { turn, taskId: `t${turn}` });
    await Promise.all([
      store.journal.admit(id(1), asking(850)),
      store.journal.admit(id(2), asking(50)),
      store.journal.admit(id(3), asking(50)),
    ]);
    const warned = async () =>
      (await store.events.read(TENANT, goalId, 0)).filter(({ type }) => type === 'budget-warning');
    expect((await warned()).map(({ data }) => [data.account, data.capMicroUsd])).toEqual([
      [goalAccount(goalId), 1_000],
    ]);
    expect(await store.budget.raise(TENANT, goalAccount(goalId), 1_100)).toMatchObject({ capMicroUsd: 1_100 });
    await store.journal.admit(id(4), asking(60));
    expect(await warned()).toHaveLength(2);
  });

  it('open: again with another budget → the first one stands; raise without an account → nothing', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const snapshot = { ...SNAPSHOT, limits: { ...SNAPSHOT.limits, budgetMicroUsd: 9_000 } };
    await store.goals.open({ goalId, tenant: TENANT, title: 'T', snapshot });
    expect(await account(store, goalId)).toMatchObject({ capMicroUsd: 1_000 });
    const without = await newGoal(store);
    expect(await store.budget.raise(TENANT, goalAccount(without), 5)).toBeUndefined();
    expect(await account(store, without)).toBeUndefined();
  });

  it('goalsUnder: open goals below the account, at any depth', async () => {
    const { store } = context;
    const tenant = 'wakes';
    const schedule = scheduleAccount('s');
    await store.budget.openAccount(tenant, { account: schedule, capMicroUsd: 1, warnShare: 1 });
    const under = await goalWith(store, undefined, { tenant, parentAccount: schedule });
    const grandchild = await goalWith(store, 5, { tenant, parentAccount: goalAccount(under) });
    const other = await goalWith(store, 5, { tenant });
    const ended = await goalWith(store, undefined, { tenant, parentAccount: schedule });
    await store.goals.close({ goalId: ended, tenant, status: 'partial', census: CENSUS, events: [] });
    expect(await store.budget.goalsUnder(tenant, schedule)).toEqual([under, grandchild]);
    expect(await store.budget.goalsUnder(tenant, tenantAccount(new Date()))).toEqual([under, grandchild, other]);
  });
});
