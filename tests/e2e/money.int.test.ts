/** Money across goals and runs: a tenant's month that is used up and raised, a workflow that is reset. Real parts. */
import { randomUUID } from 'node:crypto';
import { callKey } from '../../src/core/contracts/ids.ts';
import { priceUsage } from '../../src/integrations/claude/prices.ts';
import { isTaskCall, withLatency } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

/** Holds one call at a time, as each may cost about $0.0045, and is used up after some that cost $0.0002. */
const MONTH_USD = 0.0055;

let system: System;
beforeAll(async () => {
  system = await startSystem({ budgets: { tenantMonthlyUsd: MONTH_USD, tenantWarnShare: 0.5 } });
});
afterAll(() => system.close());

/** What everything that the simulator sent is worth, in USD. */
function billUsd(): number {
  const at = new Date();
  return system.simulator.requests.bill().reduce((sum, line) => sum + priceUsage(line.model, line.usage, at), 0) / 1e6;
}

const month = async () => (await system.client.budgets()).find(({ account }) => account.startsWith('tenant/'));

describe('the tenant’s month', () => {
  it('used up by goals without budgets → they wait by its name, within it; raised → all go on (G8)', async () => {
    expect(await month()).toMatchObject({ capMicroUsd: MONTH_USD * 1e6, settledMicroUsd: 0 });
    const wide = planOf(Array.from({ length: 8 }, (_unused, at) => task(`t${at}`)));
    const goalIds = await Promise.all([1, 2].map(() => system.start(computing(), { plan: wide })));
    for (const goalId of goalIds) {
      const waiting = await until(async () => {
        const detail = await system.client.show(goalId);
        return detail.awaiting === 'budget' ? detail : undefined;
      });
      expect(waiting.reason).toMatch(/tenant\/\d{4}-\d{2} has \$0\.\d{4} of \$0\.0055 left/);
    }
    expect(billUsd()).toBeGreaterThan(0);
    expect(billUsd()).toBeLessThanOrEqual(MONTH_USD);
    expect((await month())?.settledMicroUsd).toBeLessThanOrEqual(MONTH_USD * 1e6);
    await expect(system.client.raiseAccount('tenant', { budgetUsd: 0.005 })).rejects.toMatchObject({
      code: 'budget.invalid',
    });
    await expect(system.client.raiseAccount('schedule/none', { budgetUsd: 1 })).rejects.toMatchObject({
      code: 'budget.invalid',
    });
    await expect(system.client.raiseAccount('goal/x', { budgetUsd: 1 })).rejects.toMatchObject({
      code: 'budget.invalid',
    });
    expect(await system.client.raiseAccount('tenant', { budgetUsd: 50 })).toMatchObject({ capMicroUsd: 50_000_000 });
    const ends = await Promise.all(goalIds.map((goalId) => system.result(goalId)));
    expect(ends.map(({ status }) => status)).toEqual(['completed', 'completed']);
    const counts = [...system.simulator.requests.countByKey().values()];
    expect(counts.filter((count) => count !== 1)).toEqual([]);
    const account = await month();
    const cost = ends.reduce((sum, { census }) => sum + census.costMicroUsd, 0);
    expect(account).toMatchObject({ settledMicroUsd: cost, reservedMicroUsd: 0, unknownMicroUsd: 0 });
    expect(Math.round(billUsd() * 1e6)).toBe(cost);
  });
});

// Before the reset, which the server writes down as a failed workflow task.
leavesSoundHistories(() => system);

describe('a workflow that is reset', () => {
  it('to its beginning, in the middle of the goal → completed, recorded calls are not sent again (G4)', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const plan = planOf(ids.map((id, at) => task(id, at === 0 ? [] : [ids[at - 1] ?? ''])));
    const slow = computing({ when: isTaskCall(), reply: (request) => withLatency(300, computed(request)) });
    const goalId = await system.start(slow, { plan });
    const isRecorded = async (taskId: string) => {
      const id = { goalId, tenant: 'default', taskId, revision: 0, turn: 1 };
      return (await system.store.journal.lookUp(id)).state === 'recorded';
    };
    await until(async () => (await isRecorded('b')) || undefined);
    const workflow = system.temporal.workflow.getHandle(`goal-${goalId}`);
    const { runId, workflowId } = await workflow.describe();
    const history = await workflow.fetchHistory();
    const first = history.events?.find((event) => event.workflowTaskCompletedEventAttributes);
    const recorded = (await Promise.all(ids.map(async (id) => ((await isRecorded(id)) ? id : '')))).filter(Boolean);
    await system.temporal.workflowService.resetWorkflowExecution({
      namespace: system.namespace,
      workflowExecution: { workflowId, runId },
      reason: 'test',
      requestId: randomUUID(),
      workflowTaskFinishEventId: first?.eventId,
    });
    expect((await system.result(goalId)).status).toBe('completed');
    expect((await workflow.describe()).runId).not.toBe(runId);
    const sent = system.simulator.requests.countByKey();
    const times = (id: string) => sent.get(callKey({ goalId, taskId: id, revision: 0, turn: 1 }));
    expect(recorded).toEqual(expect.arrayContaining(['a', 'b']));
    expect(recorded.map(times)).toEqual(recorded.map(() => 1));
    // The one in flight at the reset may be sent again.
    for (const id of ids) expect(times(id)).toBeLessThanOrEqual(2);
    const totals = await system.store.goals.totals('default', goalId);
    expect(totals).toMatchObject({ modelCalls: 4 });
    expect(await month()).toMatchObject({ reservedMicroUsd: 0 });
  });
});
