/** A person edits the plan of a running goal, on the real parts: the example of the user guide, a retry, refusals (G22). */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { GoalEvent } from '../../src/core/events.ts';
import type { PlanInput } from '../../src/core/plan.ts';
import type { EditOperationInput } from '../../src/core/plan-edit.ts';
import { type Brain, blocked, type SimulatedRequest, submit, toolUse } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ simulator: { latencyMs: 20 } });
});
afterAll(() => system.close());

const example = async (name: string) =>
  parse(await readFile(new URL(`../../examples/${name}.yaml`, import.meta.url), 'utf8'));

/** Tasks hand in their ids; those named in `held` go on taking turns until they are let go. */
function holding(
  held: Set<string>,
  otherwise: (request: SimulatedRequest) => ReturnType<typeof submit> | undefined = () => undefined,
): Brain {
  return (request) => {
    const id = request.prompt.taskId ?? '';
    if (held.has(id)) return toolUse('list_files', {});
    return otherwise(request) ?? submit({ summary: id, output: `result of ${id}` });
  };
}

const statuses = async (goalId: string) =>
  Object.fromEntries((await system.client.show(goalId)).tasks.map(({ taskId, status }) => [taskId, status]));

async function eventsOf(goalId: string, type: string): Promise<GoalEvent[]> {
  const found: GoalEvent[] = [];
  for await (const event of system.client.watch(goalId)) if (event.type === type) found.push(event);
  return found;
}

describe('a running plan is edited', () => {
  it('the example of the user guide → previewed, applied, shown, run; the census agrees', async () => {
    const plan = (await example('plan')) as PlanInput;
    const { operations } = (await example('edit')) as { operations: EditOperationInput[] };
    const held = new Set(['needs']);
    const goalId = await system.start(holding(held), { plan, verify: 'off', synthesis: false });
    await until(async () => (await statuses(goalId)).needs === 'running');
    const preview = await system.client.previewEdit(goalId, { operations, author: 'ada' });
    expect((await statuses(goalId)).files).toBe('waiting');
    const diff = await system.client.editPlan(goalId, {
      operations,
      author: 'ada',
      baseRevision: preview.baseRevision,
    });
    expect(diff).toEqual(preview);
    expect(diff).toMatchObject({ baseRevision: 0, revision: 1, author: 'ada', alsoSkipped: [] });
    expect(diff.costMicroUsd.high).toBeGreaterThan(0);
    const again = system.client.editPlan(goalId, { operations, baseRevision: 0 });
    await expect(again).rejects.toMatchObject({ code: 'control.stale' });
    const started = system.client.editPlan(goalId, { operations: [{ op: 'change', taskId: 'needs', tier: 'deep' }] });
    await expect(started).rejects.toMatchObject({
      code: 'control.conflict',
      facts: { problems: [{ code: 'plan.task-started' }] },
    });
    await expect(system.client.skipTask(goalId, { taskId: 'nobody' })).rejects.toMatchObject({ code: 'plan.invalid' });
    const empty = system.client.editPlan(goalId, { operations: [] });
    await expect(empty).rejects.toMatchObject({ code: 'control.invalid' });
    await until(async () => (await statuses(goalId)).files === 'skipped');
    held.clear();
    const result = await system.result(goalId);
    expect(result).toMatchObject({
      status: 'partial',
      reason: 'not done: files',
      census: { tasks: { total: 6, done: 5, skipped: 1 } },
    });
    const shown = await statuses(goalId);
    expect(shown).toEqual({
      ...{ needs: 'done', postgresql: 'done', files: 'skipped', 'time-series': 'done' },
      ...{ recommendation: 'done', 'object-store': 'done' },
    });
    const edited = await eventsOf(goalId, 'plan-edited');
    expect(edited.map(({ data }) => [data.author, data.revision, data.summary])).toEqual([
      ['ada', 1, 'skipped files, changed recommendation (dependsOn, tier), added object-store'],
    ]);
  });

  it('a task fails, a person retries it on a higher tier → done, and what was skipped for it', async () => {
    const held = new Set(['other']);
    const plan = planOf([task('other'), task('hard', [], { onFailure: 'skip-dependents' }), task('after', ['hard'])]);
    const refusing = ({ prompt, params }: SimulatedRequest) =>
      prompt.taskId === 'hard' && params.model.includes('haiku') ? blocked('too hard') : undefined;
    const goalId = await system.start(holding(held, refusing), { plan, verify: 'off', synthesis: false });
    await until(async () => (await statuses(goalId)).after === 'skipped');
    const diff = await system.client.retryTask(goalId, { taskId: 'hard', tier: 'deep', author: 'ada' });
    expect(diff).toMatchObject({ changes: [{ task: 'hard', kind: 'retried' }], reopened: ['after'] });
    await until(async () => (await statuses(goalId)).after === 'done');
    held.clear();
    expect(await system.result(goalId)).toMatchObject({
      status: 'completed',
      census: { tasks: { done: 3, retried: 1 } },
    });
    const late = system.client.retryTask(goalId, { taskId: 'hard' });
    await expect(late).rejects.toMatchObject({ code: 'goal.closed' });
  });

  leavesSoundHistories(() => system);
});
