/** The update by which a person edits the plan while it runs: applied whole, alone, and only to what has not started. Workflow side. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import {
  type ApplyPlanEditResult,
  type EditPlanInput,
  type EditPlanResult,
  isEditPlanInput,
} from '../../core/contracts/plan-edit.ts';
import { failure } from '../../core/failures.ts';
import { unpackSkeleton } from '../../tasks/pack-skeleton.ts';
import { packStates } from '../../tasks/pack-states.ts';
import type { ScheduleEntry } from '../../tasks/schedule.ts';
import { planEditActivities } from './activities.ts';
import { waitingPlanOf } from './approve-plan.ts';
import { type GoalRun, type Graph, graphOf, hasBegun, type TaskRun, taskRun } from './goal-run.ts';
import { label } from './label.ts';
import type { WaitingPlan } from './waiting-plan.ts';

type Edited = Extract<ApplyPlanEditResult, { kind: 'edited' }>;

/** Throws unless the goal's plan can be edited now. */
export function checkEditPlan(run: GoalRun, input: unknown): void {
  if (!isEditPlanInput(input)) throw failure('control.invalid', 'the edit is not as it should be');
  if (run.closing || run.settled || run.status === 'cancelling')
    throw failure('goal.closed', 'its tasks have all ended, or the goal is ending');
  if (run.budget.spent) throw failure('goal.closed', 'the budget is used up; the goal ends with what is there');
  if (!waitingPlanOf(run)) checkGraph(run);
  checkRevision(run, input);
}

function checkGraph({ graph, tasksNow }: GoalRun): void {
  if (!graph || !tasksNow) throw failure('control.busy', 'the goal has no plan yet');
  if (tasksNow.replanning) throw failure('control.busy', 'the manager is replanning');
}

function checkRevision(run: GoalRun, { baseRevision }: EditPlanInput): void {
  const { revision } = editedPlan(run);
  if (baseRevision === undefined || baseRevision === revision) return;
  throw failure('control.stale', `the plan is at revision ${revision}, not ${baseRevision}`);
}

/** The plan that an edit is of: the one that waits for approval, else the one in force. */
function editedPlan(run: GoalRun): PlanSkeleton {
  return waitingPlanOf(run)?.skeleton ?? graphOf(run).skeleton;
}

/** Makes the new plan, puts it in force and starts what has become ready; with `preview` only the first. */
export async function editPlan(run: GoalRun, input: EditPlanInput): Promise<EditPlanResult> {
  const waiting = waitingPlanOf(run);
  if (waiting) return editWaitingPlan(run, waiting, input);
  const door = run.tasksNow;
  if (!door) throw failure('control.busy', 'the goal has no plan yet');
  if (input.preview) return resultOf(nextRevision(run), await makePlan(run, input));
  return door.alone(async () => {
    checkRevision(run, input);
    const revision = nextRevision(run);
    const edited = await makePlan(run, input, run.outbox.takeNumber());
    run.planRevision = revision + 1;
    takeOver(run, edited, input.author);
    return resultOf(revision, edited);
  });
}

/** The edited plan takes the place of the one that waits, and is asked about anew; nothing starts. */
async function editWaitingPlan(run: GoalRun, waiting: WaitingPlan, input: EditPlanInput): Promise<EditPlanResult> {
  if (input.preview) return resultOf(nextRevision(run), await makePlan(run, input));
  while (waiting.editing) await condition(() => !waiting.editing);
  if (waitingPlanOf(run) !== waiting) throw failure('control.stale', 'the plan that waited is decided');
  checkRevision(run, input);
  waiting.editing = true;
  try {
    if (waiting.replaces) checkKinds(await makePlan(run, input));
    const revision = nextRevision(run);
    const edited = await makePlan(run, input, run.outbox.takeNumber());
    run.planRevision = revision + 1;
    if (!waiting.replaces) takeOver(run, edited, input.author);
    waiting.skeleton = unpacked(edited);
    return resultOf(revision, edited);
  } finally {
    waiting.editing = false;
  }
}

/** What only the running plan can take. */
function checkKinds({ retry, skip }: Edited): void {
  if (retry.length + skip.length > 0)
    throw failure('control.busy', 'a new plan waits: retry and skip when it runs, or remove the task from it');
}

function resultOf(planRevision: number, { diff, costMicroUsd }: Edited): EditPlanResult {
  return { planRevision, diff, costMicroUsd };
}

/** Replans and edits share one count. */
function nextRevision(run: GoalRun): number {
  return Math.max(run.planRevision, editedPlan(run).revision + 1);
}

/** Once it is accepted it holds, whatever happens to the goal meanwhile. */
async function makePlan(run: GoalRun, { edit, author }: EditPlanInput, event?: number): Promise<Edited> {
  const { goalId, tenant } = run.input;
  const { plan, revision, tasks } = editedPlan(run);
  const result = await CancellationScope.nonCancellable(() =>
    planEditActivities.applyPlanEdit({
      ...{ goalId, tenant, snapshot: run.opened.snapshot, edit, author },
      plan: { plan, revision },
      states: packStates(statesOf(graphOf(run), tasks)),
      revision: nextRevision(run),
      ...(event === undefined ? {} : { event }),
    }),
  );
  if (result.kind === 'edited') return result;
  throw failure(result.type, result.reason, { details: { problems: result.problems.hash } });
}

/** Of the tasks of a plan. One that was set aside after it had begun runs; one that is new to the graph waits. */
function statesOf({ schedule, tasks: runs }: Graph, tasks: PlanSkeleton['tasks']): ScheduleEntry[] {
  const entries = new Map(schedule.entries().map((entry) => [entry.id, entry]));
  return tasks.map(({ id }) => {
    const entry = entries.get(id) ?? { id, status: 'waiting' };
    const state = runs.get(id);
    return entry.status === 'ready' && state && hasBegun(state) ? { ...entry, status: 'running' } : entry;
  });
}

function unpacked({ skeleton }: Edited): PlanSkeleton {
  if (!skeleton) throw failure('internal.bug', 'the edited plan is missing');
  return unpackSkeleton(skeleton);
}

function takeOver(run: GoalRun, edited: Edited, author: string): void {
  const graph = graphOf(run);
  const skeleton = unpacked(edited);
  const idsAt = (positions: readonly number[]) => positions.flatMap((at) => skeleton.tasks[at]?.id ?? []);
  const [retry, skip] = [idsAt(edited.retry), idsAt(edited.skip)];
  const failed = new Set(graph.schedule.ids('failed'));
  graph.skeleton = skeleton;
  const { skipped, reopened } = graph.schedule.edit(skeleton.tasks, { retry, skip });
  for (const { id } of skeleton.tasks) taskRun(graph, id);
  for (const id of retry) startAfresh(taskRun(graph, id), failed.has(id));
  for (const id of reopened) {
    delete taskRun(graph, id).reason;
    run.outbox.emit('task-reopened', { status: graph.schedule.status(id) ?? 'waiting' }, id);
  }
  for (const id of skipped) {
    const reason = label(skip.includes(id) ? `skipped by ${author}` : 'depends on a task that did not succeed');
    taskRun(graph, id).reason = reason;
    run.outbox.emit('task-end', { status: 'skipped', reason }, id);
  }
}

/** Another revision with all its retries, revisions and time; what was recorded of the earlier ones stays theirs. */
function startAfresh(state: TaskRun, failed: boolean): void {
  state.opening = failed ? { kind: 'retry', reason: state.reason ?? 'failed' } : { kind: 'start' };
  state.revision += 1;
  state.turn = 1;
  state.retries = 0;
  state.revisions = 0;
  state.steered = 0;
  state.superseded = false;
  state.reopened = true;
  delete state.leftMs;
  delete state.reason;
}
