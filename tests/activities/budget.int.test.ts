/** Budgets with the real activities, store and simulator: alone, and in a whole goal on a Temporal server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../src/core/config.ts';
import type { CallModelInput } from '../../src/core/contracts/calls.ts';
import { callKey } from '../../src/core/contracts/ids.ts';
import { getStatusQuery, raiseBudgetUpdate } from '../../src/core/contracts/messages.ts';
import { failureType } from '../../src/core/failures.ts';
import { goalRequestSchema } from '../../src/core/goal.ts';
import { newGoalId } from '../../src/core/ids.ts';
import { priceUsage } from '../../src/integrations/claude/prices.ts';
import {
  apiError,
  type Brain,
  overloaded,
  type Simulator,
  submit,
  withDistortion,
  withoutUsage,
} from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-servers.ts';
import { type GoalBench, openBench } from '../workflows/support/run-goal.ts';
import { until } from '../workflows/support/waiting.ts';
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
async function setUp(brain: Brain) {
  const limits = { verify: 'off', synthesis: false } as const;
  return allActivities({ store, folder, taskQueue: bench.taskQueue, brain, limits });
}

/** A goal with `count` tasks that need nothing of each other, and a budget. */
async function newGoal(count: number, budgetUsd: number): Promise<string> {
  const goalId = newGoalId();
  const tasks = Array.from({ length: count }, (_unused, index) => ({
    id: `t${index}`,
    title: `Task ${index}`,
    instructions: 'Write.',
    agent: 'writer',
    tier: 'fast' as const,
  }));
  const request = goalRequestSchema.parse({ text: 'Write', plan: { title: 'Many', tasks }, budgetUsd });
  await store.goals.create({ goalId, tenant: TENANT, request, simulated: true });
  return goalId;
}

/** Opens a goal of one task and gives its first call, ready to be made. */
async function firstCall(setup: Awaited<ReturnType<typeof setUp>>, budgetUsd: number) {
  const goalId = await newGoal(1, budgetUsd);
  const opened = await runActivity(setup.activities.openGoal, { goalId, tenant: TENANT });
  const call: CallModelInput = {
    goalId,
    tenant: TENANT,
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
    read: () => store.budget.read(TENANT, goalId),
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
    expect(await read()).toEqual({ capMicroUsd: 1_000_000, settledMicroUsd: costMicroUsd, reservedMicroUsd: 0 });
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
    expect(await read()).toEqual({
      capMicroUsd: budgetUsd * 1_000_000,
      settledMicroUsd: costMicroUsd,
      reservedMicroUsd: 0,
    });
    expect(setup.simulator.requests.countByKey().get(callKey(call))).toBe(1);
    const types = (await store.events.read(TENANT, call.goalId, 0)).map((event) => event.type);
    expect(types.filter((type) => type === 'budget-warning')).toHaveLength(1);
    await setup.simulator.close();
  });

  it('failed for good → given back; to be tried again → kept', async () => {
    const refusing = await setUp(() => apiError(400));
    const refused = await firstCall(refusing, 1);
    await expect(refused.make()).rejects.toMatchObject({ type: 'model.bad-request' });
    expect(await refused.read()).toMatchObject({ settledMicroUsd: 0, reservedMicroUsd: 0 });
    await refusing.simulator.close();

    const busy = await setUp(() => overloaded());
    const waiting = await firstCall(busy, 1);
    await expect(waiting.make()).rejects.toMatchObject({ type: 'model.overloaded' });
    expect((await waiting.read())?.reservedMicroUsd).toBeGreaterThan(0);
    await store.gates.clear(config.claude.tiers.fast.model);
    await busy.simulator.close();
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
    const read = () => store.budget.read(TENANT, goalId);
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
    expect(ended).toEqual({ capMicroUsd: 1_000_000, settledMicroUsd: detail?.costMicroUsd, reservedMicroUsd: 0 });
    expect(billOf(setup.simulator)).toBeLessThanOrEqual(ended?.settledMicroUsd ?? 0);
    expect([...setup.simulator.requests.countByKey().values()].filter((count) => count !== 1)).toEqual([]);
    await setup.simulator.close();
  });
});
