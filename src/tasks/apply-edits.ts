/** A plan with edits: the new plan, not yet validated, or what the edits name and the plan does not have. Host side, pure. */
import type { ForkEdit } from '../core/fork.ts';
import type { Plan, PlanProblem, PlanTask } from '../core/plan.ts';
import { withGoalCriteria } from './goal-criteria.ts';
import { problem, show } from './plan-problem.ts';

export type EditedPlan =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] };

/** Makes the edits in their order. Edges to a removed task stay, so that validation names them: nothing is guessed. */
export function applyEdits(plan: Plan, edits: readonly ForkEdit[]): EditedPlan {
  const tasks = new Map(plan.tasks.map((task) => [task.id, task]));
  const problems = edits.flatMap((edit, at) => {
    const wrong = wrongWith(tasks, edit);
    if (wrong === undefined) apply(tasks, edit);
    return wrong === undefined ? [] : [problem(wrong.code, `edits[${at}].${wrong.field}`, wrong.message)];
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, plan: { ...withoutTakenCriteria(plan), tasks: [...tasks.values()] } };
}

function wrongWith(tasks: ReadonlyMap<string, PlanTask>, edit: ForkEdit) {
  if (edit.op === 'add') {
    if (!tasks.has(edit.task.id)) return undefined;
    const message = `The plan has a task ${show(edit.task.id)} already; change it, or take another id.`;
    return { code: 'plan.duplicate-id', field: 'task.id', message } as const;
  }
  if (tasks.has(edit.taskId)) return undefined;
  const message = `The plan has no task ${show(edit.taskId)}.`;
  return { code: 'plan.unknown-task', field: 'taskId', message } as const;
}

function apply(tasks: Map<string, PlanTask>, edit: ForkEdit): void {
  if (edit.op === 'add') tasks.set(edit.task.id, edit.task);
  else if (edit.op === 'remove') tasks.delete(edit.taskId);
  else {
    const { op: _op, taskId, ...fields } = edit;
    const task = tasks.get(taskId);
    if (task) tasks.set(taskId, { ...task, ...withoutAbsent(fields) });
  }
}

/** A field that is there but undefined changes nothing. */
function withoutAbsent<T extends object>(fields: T): Partial<PlanTask> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Criteria of the goal that were taken from its tasks are taken again, from the tasks as they then are. */
function withoutTakenCriteria(plan: Plan): Plan {
  const bare = { ...plan, acceptanceCriteria: [] };
  const taken = withGoalCriteria(bare).acceptanceCriteria;
  return JSON.stringify(taken) === JSON.stringify(plan.acceptanceCriteria) ? bare : plan;
}
