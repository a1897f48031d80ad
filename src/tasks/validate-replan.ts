/** Judges a new plan for a goal that is under way: what has started stays as it is. Host side (zod). */
import { OrchestratorError } from '../core/failures.ts';
import { stripInvisible } from '../core/invisible.ts';
import { canonicalJson } from '../core/json.ts';
import type { Plan, PlanProblem, PlanTask } from '../core/plan.ts';
import { limitProblems, listNames, problem, show } from './plan-problem.ts';
import { type PlanRules, type PlanVerdict, validatePlan } from './validate-plan.ts';

/** What a new plan is measured by. */
export interface ReplanRules extends PlanRules {
  /** The plan in force. */
  readonly current: Plan;
  /** Tasks that have started or ended: they must come back unchanged. */
  readonly frozen: readonly string[];
  /** Frozen tasks without a usable result: nothing new may depend on them. */
  readonly failed?: readonly string[];
}

/**
 * The new plan, or the reasons against it. Frozen tasks and the goal's acceptance criteria must be repeated as they are;
 * the accepted plan holds the original frozen tasks.
 */
export function validateReplan(raw: unknown, rules: ReplanRules): PlanVerdict {
  const verdict = validatePlan(raw, rules);
  if (!verdict.ok) return verdict;
  const frozen = frozenTasks(rules);
  const next = new Map(verdict.plan.tasks.map((task) => [task.id, task]));
  const problems = [
    ...[...frozen.values()].flatMap((task) => frozenProblems(task, next.get(task.id))),
    ...failedDependencies(verdict.plan, rules),
    ...criteriaProblems(verdict.plan, rules.current),
  ];
  if (problems.length > 0) return { ok: false, problems: limitProblems(problems) };
  return { ok: true, plan: { ...verdict.plan, tasks: verdict.plan.tasks.map((task) => frozen.get(task.id) ?? task) } };
}

function frozenTasks({ current, frozen }: ReplanRules): Map<string, PlanTask> {
  const tasks = new Map(current.tasks.map((task) => [task.id, task]));
  return new Map(
    frozen.map((id) => {
      const task = tasks.get(id);
      if (task) return [id, task];
      throw new OrchestratorError('internal.bug', `Task ${id} is frozen but not in the plan in force.`, {
        remedy: 'Report it with the goal id.',
      });
    }),
  );
}

function frozenProblems(task: PlanTask, next: PlanTask | undefined): PlanProblem[] {
  const name = show(task.id);
  if (!next) {
    const text = `Task ${name} has started or ended and is missing. Repeat it unchanged, under the same id.`;
    return [problem('plan.frozen-task-dropped', 'tasks', text)];
  }
  const changed = Object.keys({ ...task, ...next }).filter((key) => key !== 'agentReason' && differs(task, next, key));
  if (changed.length === 0) return [];
  const text = `Task ${name} has started or ended, but its ${listNames(changed)} changed. Repeat it exactly as it was.`;
  return [problem('plan.frozen-task-changed', `task ${task.id}`, text)];
}

/** Compared as the model saw it: without characters that do not show. */
function differs(a: object, b: object, key: string): boolean {
  const text = (part: object) => stripInvisible(canonicalJson((part as Record<string, unknown>)[key]) ?? '');
  return text(a) !== text(b);
}

function failedDependencies(plan: Plan, rules: ReplanRules): PlanProblem[] {
  const failed = new Set(rules.failed);
  const frozen = new Set(rules.frozen);
  return plan.tasks.flatMap((task, position) => {
    const bad = frozen.has(task.id) ? [] : task.dependsOn.filter((id) => failed.has(id));
    if (bad.length === 0) return [];
    const text = `It depends on ${listNames(bad)}, which did not succeed. Depend on tasks that can still give a result.`;
    return [problem('plan.depends-on-failed', `tasks[${position}].dependsOn`, text)];
  });
}

function criteriaProblems(next: Plan, current: Plan): PlanProblem[] {
  if (!differs(next, current, 'acceptanceCriteria')) return [];
  const text = 'The acceptance criteria of the goal were fixed by the first plan. Repeat them exactly as they were.';
  return [problem('plan.criteria-changed', 'acceptanceCriteria', text)];
}
