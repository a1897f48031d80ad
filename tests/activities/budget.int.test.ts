/** Budgets with the real activities, store and simulator: alone, and in a whole goal on a Temporal server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { configSchema } from '../../src/core/config.ts';
import { goalAccount, tenantAccount } from '../../src/core/contracts/budget.ts';
import type { CallModelInput } from '../../src/core/contracts/calls.ts';
import { callKey } from '../../src/core/contracts/ids.ts';
import { getStatusQuery, raiseBudgetUpdate } from '../../src/core/contracts/messages.ts';
import { failureType } from '../../src/core/failures.ts';
import { goalRequestSchema } from '../../src/core/goal.ts';
import { newGoalId } from '../../src/core/ids.ts';
import type { TenantBudget } from '../../src/core/tenant-budget.ts';
import { priceUsage } from '../../src/integrations/claude/prices.ts';
import {
  apiError,
  type Brain,
  cutStream,
  overloaded,
  type Simulator,
  stallAfterHeaders,
  submit,
  withDistortion,
  withoutUsage,
} from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { CENSUS } from '../store/samples.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-servers.ts';
import { until } from '../support/until.ts';
import { type GoalBench, openBench } from '../workflows/support/run-goal.ts';
import { allActivities, runActivity } from './support/all-activities.ts';

const TENANT = 'default';
const config = configSchema.parse({});

let database: TestDatabase;
let store: Store;
let folder: string;
let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
  database = await createTestDatabase();
  store = await openStore({ connection: database.connection });
  await store.migrate();
  folder = mkdtempSync(join(tmpdir(), 'orchestrator-budget-'));
});
afterAll(async () => {
  await bench.close();
  await store.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** All activities over the store, with a simulator that answers as `brain` says. */
async function setUp(brain: Brain, tenantBudget?: TenantBudget) {
  const limits = { verify: 'off', synthesis: false } as const;
  return allActivities({
    store,
    folder,
    taskQueue: bench.taskQueue,
    brain,
    limits,
    ...(tenantBudget ? { tenantBudget } : {}),
  });
}

/** A goal with `count` tasks that need nothing of each other, and a budget. */
async function newGoal(count: number, budgetUsd?: number, tenant = TENANT): Promise<string> {
  const goalId = newGoalId();
  const tasks = Array.from({ length: count }, (_unused, index) => ({
    id: `t${index}`,
    title: `Task ${index}`,
    instructions: 'Write.',
    agent: 'writer',
    tier: 'fast' as const,
  }));
  const request = goalRequestSchema.parse({
    text: 'Write',
    plan: { title: 'Many', tasks },
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
  });
  await store.goals.create({ goalId, tenant, request, simulated: true });
  return goalId;
}

/** Opens a goal of one task and gives its first call, ready to be made. */
async function firstCall(setup: Awaited<ReturnType<typeof setUp>>, budgetUsd?: number, tenant = TENANT) {
  const goalId = await newGoal(1, budgetUsd, tenant);
  const opened = await runActivity(setup.activities.openGoal, { goalId, tenant });
  const call: CallModelInput = {
    goalId,
    tenant,
    snapshot: opened.snapshot,
    plan: opened.skeleton?.plan.hash ?? '',
    purpose: 'task',
    taskId: 't0',
    revision: 0,
    turn: 1,
    agent: 'writer',
    tier: 'fast',
    effort: 'S',
    opening: { kind: 'start' },
    endsTask: true,
  };
  return {
    call,
    make: () => runActivity(setup.activities.callModel, call),
    read: () => store.budget.read(tenant, goalAccount(goalId)),
  };
}

/** What everything that the simulator sent is worth. */
function billOf(simulator: Simulator): number {
  const at = new Date();
  return simulator.requests.bill().reduce((sum, line) => sum + priceUsage(line.model, line.usage, at), 0);
}

/** Output at the limit, which no count makes less: 8,000 tokens at $0.50 a million. */
const OUTPUT_USD = 0.004;

describe('callModel with a budget', () => {
  it('a call that fits → reserved, sent, settled at its price', async () => {
    const setup = await setUp(() => submit({ output: 'hello' }));
    const { make, read } = await firstCall(setup, 1);
    const { costMicroUsd } = await make();
    expect(await read()).toMatchObject({ capMicroUsd: 1_000_000, settledMicroUsd: costMicroUsd, reservedMicroUsd: 0 });
    await setup.simulator.close();
  });

  it('a call whose output alone does not fit → budget.exhausted with the facts, nothing asked or sent (G8)', async () => {
    const setup = await setUp(() => submit({ output: 'hello' }));
    const { make, read } = await firstCall(setup, OUTPUT_USD - 0.001);
    const failed = await make().catch((error: unknown) => error);
    expect(failureType(failed)).toBe('budget.exhausted');
    expect(failed).toMatchObject({
      nonRetryable: true,
      details: [{ capMicroUsd: 3_000, settledMicroUsd: 0, reservedMicroUsd: 0, neededMicroUsd: expect.any(Number) }],
    });
    expect(setup.simulator.requests.total).toBe(0);
    expect(await read()).toMatchObject({ settledMicroUsd: 0, reservedMicroUsd: 0 });
    await setup.simulator.close();
  });

  it('the bound by bytes does not fit, the count does → sent; an answer without usage is priced at that bound', async () => {
    const setup = await setUp(() => withoutUsage(submit({ output: 'hello' })));
    const budgetUsd = OUTPUT_USD + 0.0015;
    const { make, read, call } = await firstCall(setup, budgetUsd);
    const { costMicroUsd } = await make();
    expect(costMicroUsd).toBeGreaterThan(OUTPUT_USD * 1_000_000);
    expect(await read()).toMatchObject({
      ...{ capMicroUsd: budgetUsd * 1_000_000, settledMicroUsd: costMicroUsd },
      ...{ reservedMicroUsd: 0, unknownMicroUsd: 0 },
    });
    expect(setup.simulator.requests.countByKey().get(callKey(call))).toBe(1);
    const types = (await store.events.read(TENANT, call.goalId, 0)).map((event) => event.type);
    expect(types.filter((type) => type === 'budget-warning')).toHaveLength(1);
    await setup.simulator.close();
  });

  it('refused by status, for good or for a while → given back', async () => {
    for (const [reply, type] of [
      [() => apiError(400), 'model.bad-request'],
      [() => apiError(500), 'model.server-error'],
      [() => overloaded(), 'model.overloaded'],
    ] as const) {
      const setup = await setUp(reply);
      const { make, read } = await firstCall(setup, 1);
      await expect(make()).rejects.toMatchObject({ type });
      expect(await read()).toMatchObject({ settledMicroUsd: 0, reservedMicroUsd: 0 });
      await store.capacity.clear(config.claude.tiers.fast.model);
      await setup.simulator.close();
    }
  });

  it('cut before the end, or cancelled in flight → spent as unknown; nothing listens → given back (G25)', async () => {
    const cut = await setUp(() => cutStream(submit({ output: 'hello' })));
    const first = await firstCall(cut, 1);
    await expect(first.make()).rejects.toMatchObject({ type: 'model.bad-response' });
    const spent = await first.read();
    expect(spent).toMatchObject({ reservedMicroUsd: 0, settledMicroUsd: spent?.unknownMicroUsd });
    expect(spent?.unknownMicroUsd).toBeGreaterThan(OUTPUT_USD * 1_000_000);
    await cut.simulator.close();

    // A connection that was open before might take the request and break: that counts as spent.
    const gone = await setUp(() => submit({ output: 'hello' }));
    const refused = await firstCall(gone, 1);
    await gone.simulator.close();
    await expect(refused.make()).rejects.toMatchObject({ type: 'model.connection' });
    expect(await refused.read()).toMatchObject({ reservedMicroUsd: 0, settledMicroUsd: 0, unknownMicroUsd: 0 });

    const silent = await setUp(() => stallAfterHeaders(submit({ output: 'hello' })));
    const second = await firstCall(silent, 1);
    const environment = new MockActivityEnvironment();
    const made = environment.run(silent.activities.callModel, second.call);
    await until(async () => silent.simulator.requests.total > 0 || undefined);
    environment.cancel('CANCELLED');
    await expect(made).rejects.toBeInstanceOf(CancelledFailure);
    const cancelled = await second.read();
    expect(cancelled?.unknownMicroUsd).toBeGreaterThan(OUTPUT_USD * 1_000_000);
    expect(cancelled).toMatchObject({ reservedMicroUsd: 0, settledMicroUsd: cancelled?.unknownMicroUsd });
    const totals = await store.goals.totals(TENANT, second.call.goalId);
    expect(totals).toMatchObject({ costMicroUsd: 0, unknownMicroUsd: cancelled?.unknownMicroUsd });
    await silent.simulator.close();
  });

  it('the goal has ended → nothing is sent (G9)', async () => {
    const setup = await setUp(() => submit({ output: 'hello' }));
    const { make, call } = await firstCall(setup, 1);
    await store.goals.close({ goalId: call.goalId, tenant: TENANT, status: 'partial', census: CENSUS, events: [] });
    await expect(make()).rejects.toMatchObject({ type: 'goal.closed' });
    expect(setup.simulator.requests.total).toBe(0);
    await setup.simulator.close();
  });

  it('other goals hold what the tenant has left → busy, tried again; spent for good → exhausted, by name', async () => {
    const tenantBudget = { capMicroUsd: 1.5 * OUTPUT_USD * 1_000_000, warnShare: 1 };
    const month = tenantAccount(new Date());
    const setup = await setUp(() => submit({ output: 'hello' }), tenantBudget);
    const tenant = 'limited';
    const { make, call } = await firstCall(setup, undefined, tenant);
    const other = { goalId: await newGoal(1, undefined, tenant), tenant, taskId: 't0', revision: 0, turn: 1 };
    const request = { attempt: 'a', worstMicroUsd: OUTPUT_USD * 1_000_000, events: [], tenantBudget };
    await expect(store.journal.admit(other, request)).resolves.toMatchObject({ state: 'admitted' });
    const busy = await make().catch((error: unknown) => error);
    expect(busy).toMatchObject({ type: 'budget.busy', nonRetryable: false, nextRetryDelay: expect.any(Number) });
    await store.journal.abandon(other, { attempt: 'a', billed: true });
    const exhausted = await make().catch((error: unknown) => error);
    expect(exhausted).toMatchObject({ type: 'budget.exhausted', details: [{ account: month }] });
    expect((exhausted as Error).message).toContain(`${month} has $0.0020 of $0.0060 left`);
    expect(setup.simulator.requests.total).toBe(0);
    await store.budget.raise(tenant, month, 1_000_000_000);
    await expect(make()).resolves.toMatchObject({ recorded: false });
    await expect(store.journal.lookUp(call)).resolves.toMatchObject({ state: 'recorded' });
    await setup.simulator.close();
  });
});

describe('a goal with a budget', () => {
  it('20 parallel tasks, usage also missing and NaN → spend ≤ budget, awaiting budget; raised → completed (G8)', async () => {
    const setup = await setUp(({ key = '' }) => {
      const reply = submit({ output: 'hello' });
      const task = Number(/\/t(\d+)\//.exec(key)?.[1]);
      if (task % 3 === 1) return withoutUsage(reply);
      return task % 3 === 2 ? withDistortion({ usage: { output_tokens: Number.NaN } }, reply) : reply;
    });
    const budgetUsd = 0.03;
    const goalId = await newGoal(20, budgetUsd);
    const read = () => store.budget.read(TENANT, goalAccount(goalId));
    await bench.withWorker(setup.activities, async () => {
      const handle = await bench.start('budget-e2e', { goalId });
      await until(async () => (await handle.query(getStatusQuery)).awaiting);
      const stopped = await read();
      expect(stopped?.reservedMicroUsd).toBe(0);
      expect(stopped?.settledMicroUsd).toBeGreaterThan(0);
      expect(stopped?.settledMicroUsd).toBeLessThanOrEqual(budgetUsd * 1_000_000);
      expect(billOf(setup.simulator)).toBeLessThanOrEqual(budgetUsd * 1_000_000);
      expect(await store.goals.detail(TENANT, goalId)).toMatchObject({ status: 'running', awaiting: 'budget' });
      const sent = setup.simulator.requests.total;
      expect(sent).toBeLessThan(20);
      await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 1, author: 'test' }] });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    const ended = await read();
    const detail = await store.goals.detail(TENANT, goalId);
    expect(ended).toMatchObject({ settledMicroUsd: detail?.costMicroUsd, reservedMicroUsd: 0, unknownMicroUsd: 0 });
    expect(billOf(setup.simulator)).toBeLessThanOrEqual(ended?.settledMicroUsd ?? 0);
    expect([...setup.simulator.requests.countByKey().values()].filter((count) => count !== 1)).toEqual([]);
    await setup.simulator.close();
  });
});
