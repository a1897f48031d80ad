/** A goal from request to deliverable on real parts: results, order, concurrency, cost, prompt cache. */
import type { GoalEvent } from '../../src/core/events.ts';
import type { PlanInput } from '../../src/core/plan.ts';
import { priceUsage } from '../../src/integrations/claude/prices.ts';
import { isTaskCall, withLatency } from '../../src/simulator/index.ts';
import { computed, computing, expectedOutputs, planOf, randomPlan, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ simulator: { latencyMs: 30 } });
});
afterAll(() => system.close());

async function eventsOf(goalId: string): Promise<readonly GoalEvent[]> {
  return system.store.events.read('default', goalId, 0, 1_000);
}

/** What each task handed in, from the store. */
async function outputsOf(goalId: string, plan: PlanInput): Promise<Map<string, string>> {
  const ids = plan.tasks.map(({ id }) => id);
  const results = await system.store.results.latest('default', goalId, ids);
  const texts = await Promise.all(results.map(({ output }) => system.store.blobs.getText('default', output.hash)));
  return new Map(results.map(({ taskId }, at) => [taskId, texts[at] ?? '']));
}

/** For each task with dependencies: ms from the end of the last of them to its own start. */
function gaps(plan: PlanInput, events: readonly GoalEvent[]): number[] {
  const at = (type: string, id: string) => events.find((event) => event.type === type && event.taskId === id);
  return plan.tasks.flatMap(({ id, dependsOn = [] }) => {
    const start = at('task-start', id);
    const ends = dependsOn.map((dependency) => at('task-end', dependency));
    for (const end of ends) expect(end?.seq ?? Number.NaN).toBeLessThan(start?.seq ?? Number.NaN);
    const last = Math.max(...ends.map((end) => Date.parse(end?.at ?? '')));
    return ends.length === 0 ? [] : [Date.parse(start?.at ?? '') - last];
  });
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** What the simulator's bill comes to, call by call, for the goals named. */
function billed(goalIds: readonly string[]): number {
  const lines = system.simulator.requests.bill().filter(({ key }) => goalIds.some((id) => key.startsWith(`${id}/`)));
  expect(lines.every(({ responses }) => responses === 1)).toBe(true);
  return lines.reduce((sum, { model, usage }) => sum + priceUsage(model, usage, new Date()), 0);
}

describe('a goal on real parts', () => {
  it.each([11, 12, 13])(
    '30 tasks of random shape, seed %i → right results, in order, started at once',
    async (seed) => {
      const plan = randomPlan(seed, 30);
      const goalId = await system.start(computing(), { plan });
      const result = await system.result(goalId);
      expect(result).toMatchObject({
        status: 'completed',
        census: { tasks: { done: 30 }, modelCalls: 30, fallbacks: [] },
      });
      expect(await outputsOf(goalId, plan)).toEqual(expectedOutputs(plan));
      const measured = gaps(plan, await eventsOf(goalId));
      const [p50, p95] = [quantile(measured, 0.5), quantile(measured, 0.95)];
      process.stdout.write(
        `last dependency's end to start, seed ${seed}: p50 ${p50} ms, p95 ${p95} ms (${measured.length} tasks)\n`,
      );
      expect(p95).toBeLessThan(2_000);
    },
  );

  it('a cap of 3 on 30 independent and joined tasks → never more than 3 requests at once, and 3 used', async () => {
    system.simulator.requests.reset();
    const tasks = Array.from({ length: 29 }, (_, at) => task(`t${at}`));
    const plan = planOf([
      ...tasks,
      task(
        'join',
        tasks.map(({ id }) => id),
      ),
    ]);
    // Long enough to meet each other on a slow machine.
    const slow = computing({ when: isTaskCall(), reply: (request) => withLatency(300, computed(request)) });
    const goalId = await system.start(slow, { plan, maxParallelTasks: 3 });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(await outputsOf(goalId, plan)).toEqual(expectedOutputs(plan));
    expect(system.simulator.requests.peakInFlight).toBe(3);
  });

  it('tasks of one goal and tier → all but the first read the shared prefix from the cache', async () => {
    const agents = ['researcher', 'analyst', 'writer', 'engineer', 'generalist', 'writer'];
    const plan = planOf(agents.map((agent, at) => task(`t${at}`, [], { agent, tier: 'balanced' })));
    const goalId = await system.start(computing(), { plan, maxParallelTasks: 1 });
    await system.result(goalId);
    const ledger = await system.rows<{ read: string }>(
      `select cache_read_tokens as read from orchestrator.usage_ledger l join orchestrator.model_calls m
       using (tenant, goal_id, task_id, revision, turn) where goal_id = $1 order by m.first_sent_at`,
      [goalId],
    );
    const [first, ...others] = ledger.map(({ read }) => Number(read));
    expect(first).toBe(0);
    expect(others).toHaveLength(5);
    for (const read of others) expect(read).toBeGreaterThan(1_000);
  });

  it('undisturbed goals → ledger, goal and census agree with the simulator’s bill (G25)', async () => {
    system.simulator.requests.reset();
    const goalIds = await Promise.all(
      [21, 22].map((seed) => system.start(computing(), { plan: randomPlan(seed, 12) })),
    );
    const results = await Promise.all(goalIds.map((goalId) => system.result(goalId)));
    const bill = billed(goalIds);
    expect(bill).toBeGreaterThan(0);
    const [ledger] = await system.rows<{ sum: string }>(
      'select sum(cost_micro_usd) as sum from orchestrator.usage_ledger where goal_id = any($1)',
      [goalIds],
    );
    expect(Number(ledger?.sum)).toBe(bill);
    expect(results.reduce((sum, { census }) => sum + census.costMicroUsd, 0)).toBe(bill);
    const shown = await Promise.all(goalIds.map((goalId) => system.client.show(goalId)));
    expect(shown.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0)).toBe(bill);
    expect(shown.flatMap(({ tasks }) => tasks).reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0)).toBe(bill);
  });

  leavesSoundHistories(() => system);
});
