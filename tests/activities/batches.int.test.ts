/** The activities of batches with the real store and simulator: what is held, found again, and paid when something is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { settleOrphans } from '../../src/activities/batch/settle.ts';
import { createBatchActivities } from '../../src/activities/batch-activities.ts';
import { goalAccount } from '../../src/core/contracts/budget.ts';
import type { CallModelInput } from '../../src/core/contracts/calls.ts';
import { failureType } from '../../src/core/failures.ts';
import { goalRequestSchema } from '../../src/core/goal.ts';
import { newGoalId } from '../../src/core/ids.ts';
import type { ClaudeBatches } from '../../src/integrations/claude/batches.ts';
import { modelError } from '../../src/integrations/claude/model-error.ts';
import { apiError, submit, withDistortion } from '../../src/simulator/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { CENSUS } from '../store/samples.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-servers.ts';
import { until } from '../support/until.ts';
import { allActivities, runActivity } from './support/all-activities.ts';

const TENANT = 'default';
let database: TestDatabase;
let store: Store;
let folder: string;
let world: Awaited<ReturnType<typeof allActivities>>;
beforeAll(async () => {
  database = await createTestDatabase();
  store = await openStore({ connection: database.connection });
  await store.migrate();
  folder = mkdtempSync(join(tmpdir(), 'orchestrator-batches-'));
  world = await allActivities({
    ...{ store, folder, taskQueue: 'unused' },
    limits: { verify: 'off', synthesis: false },
    brain: ({ prompt }) => {
      if (prompt.taskId === 'errs') return apiError(529);
      const answer = submit({ output: `output of ${prompt.taskId}` });
      return prompt.taskId === 'odd' ? withDistortion({ stopReason: 'no-such-reason' }, answer) : answer;
    },
  });
});
afterAll(async () => {
  await world.simulator.close();
  await store.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** The calls of a new goal with these tasks; `budgetUsd` as given. */
async function newCalls(ids: readonly string[], budgetUsd = 1) {
  const goalId = newGoalId();
  const tasks = ids.map((id) => ({ id, title: id, instructions: 'Write.', agent: 'writer', tier: 'fast' as const }));
  const request = goalRequestSchema.parse({ text: 'Write', plan: { title: 'Many', tasks }, budgetUsd, batch: true });
  await store.goals.create({ goalId, tenant: TENANT, request, simulated: true });
  const opened = await runActivity(world.activities.openGoal, { goalId, tenant: TENANT });
  const calls = ids.map((taskId): CallModelInput => {
    const identity = { goalId, tenant: TENANT, taskId, revision: 0, turn: 1 };
    const who = { purpose: 'task', agent: 'writer', tier: 'fast', effort: 'S', endsTask: true } as const;
    const plan = opened.skeleton?.plan.hash ?? '';
    return { ...identity, ...who, snapshot: opened.snapshot, plan, opening: { kind: 'start' } };
  });
  const scope = { goalId, tenant: TENANT };
  return { goalId, calls, scope, limits: opened.limits, read: () => store.budget.read(TENANT, goalAccount(goalId)) };
}

/** The activities with a part of the API's batches replaced. */
function activitiesWith(change: Partial<ClaudeBatches> = {}) {
  const { claude } = world.model;
  return createBatchActivities({ ...world.model, claude: { ...claude, batches: { ...claude.batches, ...change } } });
}

type Activities = ReturnType<typeof activitiesWith>;
type Made = Awaited<ReturnType<typeof newCalls>>;

async function submitted(activities: Activities, { scope, calls }: Pick<Made, 'scope' | 'calls'>) {
  const result = await runActivity(activities.submitBatch, { ...scope, calls });
  return result.calls;
}

/** The id under which all of the calls were sent. */
async function batchOf(activities: Activities, made: Made): Promise<string> {
  const ids = new Set(
    (await submitted(activities, made)).map((one) => (one.state === 'sent' ? one.batchId : one.state)),
  );
  expect(ids.size).toBe(1);
  return [...ids][0] ?? '';
}

async function collected(activities: Activities, made: Made, batchId: string) {
  const batch = { ...made.scope, batchId };
  await until(async () => ((await runActivity(activities.pollBatch, batch)) === 'ended' ? true : undefined));
  return (await runActivity(activities.collectBatch, { ...batch, calls: made.calls, dropped: [] })).calls;
}

describe('activities of batches', () => {
  it('sent → half the price is held; collected → recorded at half the price, nothing held; a repeat pays nothing', async () => {
    const made = await newCalls(['a', 'b']);
    expect(made.limits.batch).toMatchObject({ pollMs: 30_000 });
    const activities = activitiesWith();
    const batchId = await batchOf(activities, made);
    const held = (await made.read())?.reservedMicroUsd ?? 0;
    expect(await batchOf(activities, made)).toBe(batchId);
    const calls = await collected(activities, made, batchId);
    const costs = calls.map((one) => (one.state === 'recorded' ? one.result.costMicroUsd : Number.NaN));
    const totals = await store.goals.totals(TENANT, made.goalId);
    expect(totals).toMatchObject({ modelCalls: 2, costMicroUsd: (costs[0] ?? 0) + (costs[1] ?? 0) });
    expect(totals.savedMicroUsd).toBe(totals.costMicroUsd);
    expect(await made.read()).toMatchObject({ settledMicroUsd: totals.costMicroUsd, reservedMicroUsd: 0 });
    expect((await collected(activities, made, batchId)).map(({ state }) => state)).toEqual(['recorded', 'recorded']);
    // The same two calls live hold twice as much, to the rounding of each.
    const live = await newCalls(['a']);
    await store.journal.abandon(live.calls[0] as CallModelInput, { attempt: 'none', billed: false });
    const one = await newCalls(['a']);
    await batchOf(activities, one);
    expect(Math.abs(((await one.read())?.reservedMicroUsd ?? 0) - held / 2)).toBeLessThan(10);
  });

  it('the answer to the sending is lost → the next attempt finds the batch: sent and paid once (G2, G4)', async () => {
    const made = await newCalls(['a', 'b', 'c']);
    const { create } = world.model.claude.batches;
    let madeId = '';
    const losing = activitiesWith({
      async create(...args) {
        madeId = (await create(...args)).id;
        throw modelError('model.connection', 'the line was cut');
      },
    });
    await expect(submitted(losing, made)).rejects.toMatchObject({ type: 'model.connection' });
    const activities = activitiesWith();
    expect(await batchOf(activities, made)).toBe(madeId);
    expect((await collected(activities, made, madeId)).every(({ state }) => state === 'recorded')).toBe(true);
    expect(await made.read()).toMatchObject({ reservedMicroUsd: 0, unknownMicroUsd: 0 });
  });

  it('nothing was made of it as far as the API says → sent again; what was held before counts as unknown', async () => {
    const made = await newCalls(['a', 'b', 'c', 'd']);
    const cut = activitiesWith({
      create: () => Promise.reject(modelError('model.connection', 'the line was cut')),
    });
    await expect(submitted(cut, made)).rejects.toMatchObject({ type: 'model.connection' });
    const held = (await made.read())?.reservedMicroUsd ?? 0;
    const activities = activitiesWith();
    await collected(activities, made, await batchOf(activities, made));
    expect(await made.read()).toMatchObject({ reservedMicroUsd: 0, unknownMicroUsd: held });
  });

  it('a batch of the same size that is not ours was taken → its calls are made live, what was held is unknown', async () => {
    const others = await newCalls(['x', 'y', 'z', 'u', 'v']);
    const made = await newCalls(['a', 'b', 'c', 'd', 'e']);
    const { claude } = world.model;
    const cut = activitiesWith({ create: () => Promise.reject(modelError('model.connection', 'cut')) });
    await expect(submitted(cut, made)).rejects.toThrow();
    const foreign = await claude.batches.create(
      others.calls.map(({ taskId }) => ({
        customId: `foreign-${taskId}`,
        params: { model: 'claude-haiku-5-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
      })),
      {},
    );
    const activities = activitiesWith();
    expect(await batchOf(activities, made)).toBe(foreign.id);
    const calls = await collected(activities, made, foreign.id);
    expect(calls).toEqual(made.calls.map(() => ({ state: 'live', why: 'lost' })));
    expect((await made.read())?.reservedMicroUsd).toBe(0);
    expect((await submitted(activities, made)).map(({ state }) => state)).toEqual(made.calls.map(() => 'live'));
  });

  it('refused by the API → nothing held, each call goes live; over the budget → refused; no key → model.credentials', async () => {
    const made = await newCalls(['a', 'b']);
    const refusing = activitiesWith({ create: () => Promise.reject(badRequest()) });
    expect(await submitted(refusing, made)).toEqual(made.calls.map(() => ({ state: 'live', why: 'not-accepted' })));
    expect(await made.read()).toMatchObject({ settledMicroUsd: 0, reservedMicroUsd: 0 });
    const poor = await newCalls(['a'], 0.001);
    expect(await submitted(activitiesWith(), poor)).toMatchObject([{ state: 'refused', type: 'budget.exhausted' }]);
    const keyless = activitiesWith({ create: () => Promise.reject(modelError('model.credentials', 'no key')) });
    const refusal: unknown = await submitted(keyless, made).catch((error: unknown) => error);
    expect(failureType(refusal)).toBe('model.credentials');
    expect(await made.read()).toMatchObject({ settledMicroUsd: 0, reservedMicroUsd: 0 });
  });

  it('an answer that errs or cannot be read → live; the one costs nothing, the other is unknown', async () => {
    const made = await newCalls(['errs', 'odd', 'good']);
    const activities = activitiesWith();
    const calls = await collected(activities, made, await batchOf(activities, made));
    expect(calls).toMatchObject([{ why: 'errored' }, { why: 'unreadable' }, { state: 'recorded' }]);
    const { costMicroUsd } = await store.goals.totals(TENANT, made.goalId);
    const budget = await made.read();
    expect(budget).toMatchObject({ reservedMicroUsd: 0 });
    expect(budget?.unknownMicroUsd).toBeGreaterThan(0);
    expect(budget?.settledMicroUsd).toBe(costMicroUsd + (budget?.unknownMicroUsd ?? 0));
  });

  it('a goal that ended before its batch → unknown at its reservation, then known once the results are read', async () => {
    const made = await newCalls(['a', 'b']);
    await batchOf(activitiesWith(), made);
    const held = (await made.read())?.reservedMicroUsd ?? 0;
    await store.goals.close({ ...made.scope, status: 'cancelled', census: CENSUS, events: [] });
    expect(await made.read()).toMatchObject({ settledMicroUsd: held, unknownMicroUsd: held, reservedMicroUsd: 0 });
    await until(async () => {
      await settleOrphans(world.model);
      return (await made.read())?.unknownMicroUsd === 0 ? true : undefined;
    });
    const { duplicateMicroUsd } = await store.goals.totals(TENANT, made.goalId);
    expect((await made.read())?.settledMicroUsd).toBe(duplicateMicroUsd);
    expect(duplicateMicroUsd).toBeGreaterThan(0);
    expect(duplicateMicroUsd).toBeLessThan(held);
    expect(await settleOrphans(world.model)).toBe(0);
  });
});

/** As the SDK has it: a refusal by status costs nothing. */
function badRequest(): Error {
  return Anthropic.APIError.generate(413, undefined, 'too large', new Headers());
}
