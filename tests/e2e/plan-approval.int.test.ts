/** People approve plans on the real parts: what they see, what the manager hears, what forecasts learn (G10). */
import type { ApprovalView } from '../../src/core/approval.ts';
import { type Brain, plan as planReply, submit } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ goals: { approvePlan: 'ask' } });
});
afterAll(() => system.close());

/** Plans as many tasks as it has been asked for plans, and keeps what it was asked. */
function planner(): { brain: Brain; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    brain: ({ prompt, params }) => {
      if (prompt.purpose !== 'plan') return submit({ summary: 'done', output: 'done' });
      asked.push(JSON.stringify(params.messages));
      return planReply(planOf(Array.from({ length: asked.length }, (_, at) => task(`t${at}`))));
    },
  };
}

const openPlan = (goalId: string, revision: number): Promise<ApprovalView> =>
  until(async () => (await system.client.approvals({ goalId })).find(({ itemId }) => itemId === `plan.${revision}`));

describe('plan approval', () => {
  it('shown with forecast and effects; sent back → the manager hears it in its conversation; the next plan runs (G10)', async () => {
    const { brain, asked } = planner();
    const goalId = await system.start(brain, {});
    const first = await openPlan(goalId, 0);
    const shown = await system.client.approval(first.id);
    expect(shown.plan?.tasks.map(({ id }) => id)).toEqual(['t0']);
    const { low = 0, high = 0 } = shown.outlook?.forecast.costMicroUsd ?? {};
    expect(high).toBeGreaterThan(low);
    expect(shown.outlook?.tasks).toMatchObject([{ id: 't0', effect: 'write' }]);
    await until(async () => (await system.client.show(goalId)).awaiting === 'plan');
    await system.client.rejectPlan(goalId, { feedback: 'two tasks <please>', author: 'ada', hash: first.hash });
    const second = await openPlan(goalId, 1);
    expect(second.hash).not.toBe(first.hash);
    const stale = system.client.approvePlan(goalId, { hash: first.hash });
    await expect(stale).rejects.toMatchObject({ code: 'approval.stale' });
    expect(await system.client.approvePlan(goalId, { author: 'ada' })).toMatchObject({ applied: true });
    const result = await system.result(goalId);
    expect(result).toMatchObject({ status: 'completed', census: { tasks: { total: 2, done: 2 } } });
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain('two tasks &lt;please&gt;');
    expect(asked[1]?.match(/planning_request/g)).toHaveLength(2);
    expect((await system.client.show(goalId)).tasks.map(({ taskId }) => taskId)).toEqual(['t0', 't1']);
    const { forecast } = result.census;
    const planned = await system.rows<{ cost: number }>(
      `select sum(cost_micro_usd)::int as cost from orchestrator.usage_ledger where goal_id = $1 and task_id <> '_plan'`,
      [goalId],
    );
    expect(forecast?.actual?.costMicroUsd).toBe(planned[0]?.cost);
    expect(forecast?.actual?.durationMs).toBeLessThan(result.census.durationMs);
  });

  it('a given plan sent back → the manager sees it with what the person says; rejected for good → cancelled', async () => {
    const { brain, asked } = planner();
    const goalId = await system.start(brain, { plan: planOf([task('given-task')]) });
    await openPlan(goalId, 0);
    await system.client.rejectPlan(goalId, { feedback: 'quite differently' });
    await openPlan(goalId, 1);
    expect(asked[0]).toContain('<rejected_plan>');
    expect(asked[0]).toContain('given-task');
    expect(asked[0]).toContain('quite differently');
    await system.client.rejectPlan(goalId, { author: 'ada' });
    expect(await system.result(goalId)).toMatchObject({ status: 'cancelled', reason: 'ada rejected the plan' });
    expect((await system.client.show(goalId)).tasks).toMatchObject([{ taskId: 't0', status: 'cancelled' }]);
    await expect(system.client.approvePlan(goalId)).rejects.toMatchObject({ code: 'approval.unknown' });
  });

  it('the goal’s own setting → asked only above it', async () => {
    const { brain } = planner();
    const result = await system.run(brain, { approvePlan: 'ask-above', askAbove: { tasks: 1, costUsd: 100 } });
    expect(result.status).toBe('completed');
    expect(await system.client.approvals({ goalId: result.goalId, all: true })).toEqual([]);
  });

  it('goals that have ended → counted in the calibration, and known to the next forecast', async () => {
    const done = await system.run(planner().brain, { approvePlan: 'auto' });
    const { goals, cost, time } = await system.client.calibration();
    expect(goals).toBe(3);
    for (const { inside, below, above, medianRatio } of [cost, time]) {
      expect((inside ?? 0) + (below ?? 0) + (above ?? 0)).toBeCloseTo(1);
      expect(medianRatio).toBeGreaterThan(0);
    }
    const { tasks, closing } = await until(async () => {
      const history = await system.store.forecasts.history('default', done.goalId);
      return history.tasks.length === 4 && history;
    });
    for (const { cost: ratio, time: ms, effort } of tasks) {
      expect(ratio).toBeGreaterThan(0);
      expect(ms).toBeGreaterThan(0);
      expect(['S', 'M', 'L']).toContain(effort);
    }
    expect(closing).toEqual([]);
    const foreign = system.store.forecasts.history('another', done.goalId);
    await expect(foreign).rejects.toMatchObject({ type: 'goal.not-found' });
  });

  leavesSoundHistories(() => system);
});
