/** A task of a plan by its id: plans are read once and kept, so they are indexed once too. Host side, pure. */
import { oncePer } from '../../core/once-per.ts';
import type { Plan, PlanTask } from '../../core/plan.ts';

const indexed = oncePer((plan: Plan) => new Map(plan.tasks.map((task) => [task.id, task])));

/** The task, undefined when the plan has none of this id. */
export function planTask(plan: Plan, id: string): PlanTask | undefined {
  return indexed(plan).get(id);
}
