/** The criteria that a goal's deliverable is held against. Pure. */
import type { Plan } from '../core/plan.ts';

/** Criteria one verification call can judge. */
const MAX_CRITERIA = 40;

/** The plan's own criteria; when it has none, those of the tasks that the goal needs. At most 40. */
export function goalCriteria(plan: Plan): readonly string[] {
  if (plan.acceptanceCriteria.length > 0) return plan.acceptanceCriteria;
  return plan.tasks
    .filter((task) => !task.optional)
    .flatMap((task) => task.acceptanceCriteria)
    .slice(0, MAX_CRITERIA);
}
