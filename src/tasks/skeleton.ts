/** The part of a validated plan that a workflow holds: ids, positions and policies, no texts. Sandbox-safe. */
import type { PlanSkeleton, TaskSkeleton } from '../core/contracts/plan.ts';
import type { BlobRef } from '../core/contracts/refs.ts';
import { failure } from '../core/failures.ts';
import type { Plan, PlanTask } from '../core/plan.ts';

/** The skeleton of a plan that `validatePlan` accepted; `ref` is the stored plan. `internal.bug` on an unknown dependency. */
export function planSkeleton(
  plan: Plan,
  ref: BlobRef,
  meta: { readonly revision: number; readonly source: PlanSkeleton['source'] },
): PlanSkeleton {
  const { revision, source } = meta;
  return { plan: ref, revision, source, criteria: plan.acceptanceCriteria.length, tasks: taskSkeletons(plan.tasks) };
}

/** `dependsOn` becomes positions in the same list. */
export function taskSkeletons(tasks: readonly PlanTask[]): readonly TaskSkeleton[] {
  const positions = new Map(tasks.map((task, position) => [task.id, position]));
  return tasks.map((task) => ({
    id: task.id,
    agent: task.agent,
    tier: task.tier,
    effort: task.effort,
    priority: task.priority,
    optional: task.optional,
    onFailure: task.onFailure,
    ...(task.timeoutMs === undefined ? {} : { timeoutMs: task.timeoutMs }),
    dependsOn: task.dependsOn.map((id) => positionOf(positions, id)),
    criteria: task.acceptanceCriteria.length,
  }));
}

function positionOf(positions: ReadonlyMap<string, number>, id: string): number {
  const position = positions.get(id);
  if (position === undefined) throw failure('internal.bug', `the plan has no task ${id}; it was not validated`);
  return position;
}
