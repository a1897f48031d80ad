/** Fixes the criteria that a goal's deliverable is held against. Pure. */
import type { Plan } from '../core/plan.ts';

/** Criteria one verification call judges at most. */
const MAX_CRITERIA = 20;

/**
 * The plan with criteria for the goal: its own, else those of the tasks that the goal needs, at most 20. Done once, when
 * the first plan is accepted; a replan must keep them.
 */
export function withGoalCriteria(plan: Plan): Plan {
  if (plan.acceptanceCriteria.length > 0) return plan;
  const needed = plan.tasks.filter((task) => !task.optional);
  return { ...plan, acceptanceCriteria: needed.flatMap((task) => task.acceptanceCriteria).slice(0, MAX_CRITERIA) };
}
