/** What a task builds on, over all steps. Sandbox-safe, pure. */
import type { Plan } from '../core/plan.ts';

/** Ids of all tasks that `taskId` depends on, directly or not. */
export function upstreamOf(plan: Plan, taskId: string): string[] {
  const tasks = new Map(plan.tasks.map((task) => [task.id, task]));
  const found = new Set<string>(tasks.get(taskId)?.dependsOn ?? []);
  for (const id of found) for (const next of tasks.get(id)?.dependsOn ?? []) found.add(next);
  return [...found];
}
