/** What a workflow that is behind the store refuses is told again; true refusals are not (a lost workflow task is made anew after a crash). */
import { createClient, type OrchestratorClient } from '../../src/client/orchestrator-client.ts';
import { type FailureType, failure } from '../../src/core/failures.ts';
import type { GoalDetail } from '../../src/core/goal.ts';
import { fakeParts } from './fake-parts.ts';

const HASH = { hash: 'a'.repeat(64), bytes: 2 };

/** A goal that runs, with a budget of $1 and the tasks `open` and `over`; its workflow refuses a number of times. */
async function setUp({ refusals, type }: { refusals: number; type: FailureType }, change: Partial<GoalDetail> = {}) {
  const parts = fakeParts();
  const { goalId } = await createClient(parts).start({ text: 'x' });
  const goal = parts.goals.get(goalId);
  if (!goal) throw new Error('not stored');
  const tasks = ['open', 'over'].map((taskId) => ({ taskId, status: taskId === 'open' ? 'running' : 'done' }));
  const budget = { capMicroUsd: 1_000_000, settledMicroUsd: 0, reservedMicroUsd: 0, unknownMicroUsd: 0 };
  goal.detail = { ...goal.detail, status: 'running', budget, tasks: tasks as never, ...change };
  let told = 0;
  parts.workflows.update = async () => {
    told += 1;
    if (told <= refusals) throw failure(type, 'it knows nothing of that');
    return { diff: HASH } as never;
  };
  parts.store.blobs.put = async () => HASH;
  parts.store.blobs.getText = async () => '{}';
  parts.store.plans.current = async () => ({ ref: HASH, revision: 3, plan: {} as never });
  return { client: createClient(parts), goalId, goal, told: () => told };
}

type Tell = (client: OrchestratorClient, goalId: string) => Promise<unknown>;
const operations = [{ op: 'skip' as const, taskId: 'open' }];

const BEHIND: readonly (readonly [string, FailureType, Tell])[] = [
  ['cancelTask', 'control.invalid', (client, id) => client.cancelTask(id, { taskId: 'open' })],
  ['cancelTask', 'control.busy', (client, id) => client.cancelTask(id, { taskId: 'open' })],
  ['steer one task', 'control.invalid', (client, id) => client.steer(id, { text: 'x', taskId: 'open' })],
  ['raiseBudget', 'budget.invalid', (client, id) => client.raiseBudget(id, { budgetUsd: 2 })],
  ['editPlan', 'control.busy', (client, id) => client.editPlan(id, { operations })],
  ['editPlan of a revision', 'control.stale', (client, id) => client.editPlan(id, { operations, baseRevision: 3 })],
  ['skipTask', 'control.busy', (client, id) => client.skipTask(id, { taskId: 'open' })],
];

const TRUE: readonly (readonly [string, FailureType, Tell])[] = [
  ['cancelTask of one that has ended', 'control.invalid', (client, id) => client.cancelTask(id, { taskId: 'over' })],
  ['cancelTask of none', 'control.invalid', (client, id) => client.cancelTask(id, { taskId: 'none' })],
  ['steer all', 'control.invalid', (client, id) => client.steer(id, { text: 'x' })],
  ['raiseBudget to what it is', 'budget.invalid', (client, id) => client.raiseBudget(id, { budgetUsd: 1 })],
  [
    'editPlan of an old revision',
    'control.stale',
    (client, id) => client.editPlan(id, { operations, baseRevision: 2 }),
  ],
  ['editPlan that conflicts', 'control.conflict', (client, id) => client.editPlan(id, { operations })],
];

describe('a workflow that is behind the store', () => {
  it.each(BEHIND)('%s refused as %s, while the store knows better → told again until it is taken', async (...row) => {
    const [, type, tell] = row;
    const { client, goalId, told } = await setUp({ refusals: 2, type });
    await tell(client, goalId);
    expect(told()).toBe(3);
  });

  it.each(TRUE)('%s refused as %s, as the store says → refused at once', async (...row) => {
    const [, type, tell] = row;
    const { client, goalId, told } = await setUp({ refusals: 9, type });
    await expect(tell(client, goalId)).rejects.toMatchObject({ code: type });
    expect(told()).toBe(1);
  });

  it('a plan that waits for approval → cancelTask and an edit it cannot take are refused at once', async () => {
    const tasks = [{ taskId: 'open', status: 'waiting', startedAt: '2026-11-20T10:00:00.000Z' }] as never;
    const waiting = { awaiting: 'plan', tasks };
    const one = await setUp({ refusals: 9, type: 'control.busy' }, waiting);
    await expect(one.client.cancelTask(one.goalId, { taskId: 'open' })).rejects.toMatchObject({ code: 'control.busy' });
    await expect(one.client.editPlan(one.goalId, { operations })).rejects.toMatchObject({ code: 'control.busy' });
    expect(one.told()).toBe(2);
  });

  const opening = { tasks: [], budget: undefined } as unknown as Partial<GoalDetail>;

  it('a goal that has not opened → an edit and a raise are told again', async () => {
    const edited = await setUp({ refusals: 2, type: 'control.busy' }, { ...opening, status: 'queued' });
    await edited.client.editPlan(edited.goalId, { operations });
    const raised = await setUp({ refusals: 2, type: 'budget.invalid' }, { ...opening, status: 'queued' });
    await raised.client.raiseBudget(raised.goalId, { budgetUsd: 2 });
    expect([edited.told(), raised.told()]).toEqual([3, 3]);
  });

  it('planning → an edit waits for the plan that came with the goal; where none did it is refused at once', async () => {
    const given = await setUp({ refusals: 2, type: 'control.busy' }, { ...opening, status: 'planning' });
    Object.assign(given.goal, { request: { text: 'x', plan: {} } });
    await given.client.editPlan(given.goalId, { operations });
    const planned = await setUp({ refusals: 9, type: 'control.busy' }, { ...opening, status: 'planning' });
    await expect(planned.client.editPlan(planned.goalId, { operations })).rejects.toMatchObject({
      code: 'control.busy',
    });
    expect([given.told(), planned.told()]).toEqual([3, 1]);
  });

  it('the goal ends meanwhile → goal.closed', async () => {
    const { client, goalId } = await setUp({ refusals: 9, type: 'control.busy' }, { status: 'completed' });
    await expect(client.cancelTask(goalId, { taskId: 'open' })).rejects.toMatchObject({ code: 'goal.closed' });
  });
});
