/** Applies a person's edit to the plan of a running goal: the new plan and what changes, or all reasons against it. Host side (zod). */
import { canonicalJson } from '../core/json.ts';
import type { Plan, PlanProblem, PlanTask } from '../core/plan.ts';
import type { EditOperation, FieldChange, PlanEdit, TaskChange } from '../core/plan-edit.ts';
import { limitProblems, listNames, type PlanProblemCode, problem, show } from './plan-problem.ts';
import { createSchedule, type ScheduleEntry } from './schedule.ts';
import { taskSkeletons } from './skeleton.ts';
import type { PlanRules } from './validate-plan.ts';
import { validateReplan } from './validate-replan.ts';

/** What an edit is measured by. */
export interface EditRules extends PlanRules {
  /** The plan in force. */
  readonly current: Plan;
  /** The state of each of its tasks, in plan order; a task that was set aside after it had begun counts as running. */
  readonly states: readonly ScheduleEntry[];
}

/** An edit that holds. `retry` and `skip` are for `Schedule.edit`, with which the lists of ids below agree. */
export interface AppliedEdit {
  readonly ok: true;
  readonly plan: Plan;
  readonly retry: readonly string[];
  readonly skip: readonly string[];
  readonly changes: readonly TaskChange[];
  /** Skipped because they need one of `skip`. */
  readonly alsoSkipped: readonly string[];
  /** Skipped before, waiting again because they need one of `retry`. */
  readonly reopened: readonly string[];
}

/** `conflict`: a reason is that a task has moved on: it has started, or has not ended. */
export type EditVerdict =
  | AppliedEdit
  | { readonly ok: false; readonly conflict: boolean; readonly problems: PlanProblem[] };

const CONFLICTS: ReadonlySet<string> = new Set<PlanProblemCode>(['plan.task-started', 'plan.task-not-ended']);
const AGAIN: ReadonlySet<string | undefined> = new Set(['failed', 'skipped', 'cancelled']);

/**
 * The plan with the operations applied in order. What has started stays as it is, unless it has failed or was cancelled
 * and is retried by the same edit; the goal's criteria stay; nothing that is added, changed or retried may need a task
 * that can give no result.
 */
export function applyEdit(edit: PlanEdit, rules: EditRules): EditVerdict {
  const draft = new Draft(rules);
  for (const [index, operation] of edit.operations.entries()) draft.apply(operation, `operations[${index}]`);
  if (draft.problems.length > 0) return refused(draft.problems);
  const { current } = rules;
  const frozen = rules.states.filter(({ id }) => !draft.isOpen(id)).map(({ id }) => id);
  const verdict = validateReplan({ ...current, tasks: draft.tasks }, { ...rules, frozen });
  if (!verdict.ok) return refused(verdict.problems);
  return settled(draft, verdict.plan, rules);
}

function refused(problems: readonly PlanProblem[]): EditVerdict {
  return { ok: false, conflict: problems.some(({ code }) => CONFLICTS.has(code)), problems: limitProblems(problems) };
}

/** The plan as it becomes, one operation after the other. */
class Draft {
  readonly #byId: Map<string, PlanTask>;
  readonly #states: ReadonlyMap<string, ScheduleEntry>;
  readonly problems: PlanProblem[] = [];
  readonly retry = new Set<string>();
  readonly skip = new Set<string>();

  constructor({ current, states }: EditRules) {
    this.#byId = new Map(current.tasks.map((task) => [task.id, task]));
    this.#states = new Map(states.map((state) => [state.id, state]));
  }

  /** In the order of the plan in force, new ones last. */
  get tasks(): PlanTask[] {
    return [...this.#byId.values()];
  }

  /** Whether the task may still be changed: it has not started, is new, or starts afresh. */
  isOpen(id: string): boolean {
    const status = this.#states.get(id)?.status;
    return status === undefined || status === 'waiting' || status === 'ready' || this.retry.has(id);
  }

  apply(operation: EditOperation, path: string): void {
    if (operation.op === 'add') this.#add(operation.task, path);
    else if (!this.#byId.has(operation.taskId))
      this.#refuse('plan.unknown-task', path, `The plan has no task ${show(operation.taskId)}.`);
    else if (operation.op === 'retry') this.#retry(operation, path);
    else if (!this.isOpen(operation.taskId)) this.#started(operation.taskId, path);
    else if (operation.op === 'remove') this.#byId.delete(operation.taskId);
    else if (operation.op === 'skip') this.#skip(operation.taskId, path);
    else this.#change(operation);
  }

  #change({ op: _op, taskId: id, ...fields }: Extract<EditOperation, { op: 'change' | 'retry' }>): void {
    const known = this.#byId.get(id);
    if (known) this.#byId.set(id, { ...known, ...fields });
  }

  #add(task: PlanTask, path: string): void {
    if (!this.#byId.has(task.id)) this.#byId.set(task.id, task);
    else this.#refuse('plan.duplicate-id', path, `The plan has a task ${show(task.id)} already. Give another id.`);
  }

  #retry(operation: Extract<EditOperation, { op: 'retry' }>, path: string): void {
    const { taskId: id } = operation;
    const status = this.#states.get(id)?.status;
    if (AGAIN.has(status)) {
      this.retry.add(id);
      this.#change(operation);
      return;
    }
    const text = `Task ${show(id)} is ${status ?? 'new'}; only a failed, cancelled or skipped one can be retried.`;
    this.#refuse('plan.task-not-ended', path, text);
  }

  #skip(id: string, path: string): void {
    if (this.#states.has(id) && !this.retry.has(id)) this.skip.add(id);
    else this.#refuse('plan.nothing-changed', path, `Task ${show(id)} is added or retried by the same edit.`);
  }

  #started(id: string, path: string): void {
    const status = this.#states.get(id)?.status;
    const hint = AGAIN.has(status) ? 'Retry it instead.' : 'Change what comes after it instead.';
    this.#refuse('plan.task-started', path, `Task ${show(id)} can no longer be changed: it is ${status}. ${hint}`);
  }

  #refuse(code: PlanProblemCode, path: string, message: string): void {
    this.problems.push(problem(code, path, message));
  }
}

/** Plays the edit on a schedule, so that what follows from it is what will follow. */
function settled(draft: Draft, plan: Plan, rules: EditRules): EditVerdict {
  const schedule = createSchedule(taskSkeletons(rules.current.tasks), { maxParallel: 1 });
  schedule.restore(rules.states);
  const [retry, skip] = [[...draft.retry], [...draft.skip].filter((id) => plan.tasks.some((task) => task.id === id))];
  const { skipped, reopened } = schedule.edit(taskSkeletons(plan.tasks), { retry, skip });
  const changes = changesOf(rules.current, plan, draft);
  const named = new Set(changes.filter(({ kind }) => kind !== 'skipped').map(({ task }) => task));
  const problems = plan.tasks
    .filter((task) => named.has(task.id) && schedule.status(task.id) === 'skipped')
    .map((task) => withoutResult(task, (id) => schedule.status(id) !== 'done' && !isAlive(schedule.status(id))));
  if (problems.length > 0) return refused(problems);
  if (changes.length === 0)
    return refused([problem('plan.nothing-changed', '', 'The edit leaves everything as it is.')]);
  return {
    ...{ ok: true, plan, retry, skip, changes },
    alsoSkipped: skipped.filter((id) => !draft.skip.has(id)),
    reopened: reopened.filter((id) => !draft.retry.has(id)),
  };
}

const isAlive = (status: string | undefined): boolean => status !== undefined && !AGAIN.has(status);

function withoutResult(task: PlanTask, givesNothing: (id: string) => boolean): PlanProblem {
  const text = `It needs ${listNames(task.dependsOn.filter(givesNothing))}, which can give no result. Retry that as well, or depend on others.`;
  return problem('plan.depends-on-failed', `task ${task.id}`, text);
}

/** What the edit does to the tasks it names, in the order of the old plan, new ones last. */
function changesOf(before: Plan, after: Plan, { retry, skip }: Draft): TaskChange[] {
  const next = new Map(after.tasks.map((task) => [task.id, task]));
  const known = new Set(before.tasks.map((task) => task.id));
  const old = before.tasks.flatMap((task): TaskChange[] => {
    const now = next.get(task.id);
    const of = { task: task.id, title: now?.title ?? task.title };
    if (!now) return [{ ...of, kind: 'removed', fields: [] }];
    const fields = fieldChanges(task, now);
    if (retry.has(task.id)) return [{ ...of, kind: 'retried', fields }];
    if (skip.has(task.id)) return [{ ...of, kind: 'skipped', fields: [] }];
    return fields.length > 0 ? [{ ...of, kind: 'changed', fields }] : [];
  });
  const added = after.tasks
    .filter((task) => !known.has(task.id))
    .map((task) => ({ task: task.id, title: task.title, kind: 'added' as const, fields: fieldChanges({}, task) }));
  return [...old, ...added];
}

function fieldChanges(before: Partial<PlanTask>, after: PlanTask): FieldChange[] {
  const fields = Object.keys({ ...before, ...after }).filter((field) => field !== 'id') as (keyof PlanTask)[];
  return fields
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
    .filter((change) => canonicalJson(change.before) !== canonicalJson(change.after));
}
