/** Judges a plan from the manager or a person: the plan by the schema, or all reasons against it. Host side (zod). */
import type { Plan, PlanProblem } from '../core/plan.ts';
import { limitProblems } from './plan-problem.ts';
import { ruleProblems } from './plan-rules.ts';
import { asFields, parseShape, sizeProblems } from './plan-shape.ts';

/** What a plan is measured by. */
export interface PlanRules {
  /** Names of the agents that may be given tasks. */
  readonly agents: readonly string[];
  /** Tasks the plan may have; never more than ABSOLUTE_MAX_TASKS. */
  readonly maxTasks: number;
}

export type PlanVerdict =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly problems: PlanProblem[] };

/** The plan with its defaults filled in, or at most MAX_PROBLEMS reasons; nothing is mended or guessed. Linear in size. */
export function validatePlan(raw: unknown, rules: PlanRules): PlanVerdict {
  const tooBig = sizeProblems(raw, rules.maxTasks);
  if (tooBig.length > 0) return { ok: false, problems: limitProblems(tooBig) };
  const shape = parseShape(raw);
  const tasks = asFields(raw)?.tasks as readonly unknown[];
  const problems = [...ruleProblems(tasks, rules.agents), ...('problems' in shape ? shape.problems : [])];
  if ('problems' in shape || problems.length > 0) return { ok: false, problems: limitProblems(problems) };
  return { ok: true, plan: shape.plan };
}
