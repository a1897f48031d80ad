/** What a goal takes along when its workflow continues as new, and how it comes back. Workflow side. */
import type { CarriedGoal } from '../../core/contracts/goal.ts';
import { createSchedule } from '../../tasks/schedule.ts';
import { type GoalRun, type Graph, graphOf, taskRun } from './goal-run.ts';

/** The state of `run` as JSON shapes. */
export function carry(run: GoalRun): CarriedGoal {
  const graph = graphOf(run);
  return {
    opened: withoutSkeleton(run.opened),
    skeleton: graph.skeleton,
    tasks: graph.schedule.entries().map(({ id, status }) => ({ ...taskRun(graph, id), status })),
    replans: run.replans,
    planRevision: run.planRevision,
    fallbacks: run.fallbacks,
    costMicroUsd: run.costMicroUsd,
    nextEvent: run.outbox.nextNumber,
    startedAtMs: run.startedAtMs,
  };
}

function withoutSkeleton(opened: GoalRun['opened']): GoalRun['opened'] {
  const { skeleton: _given, ...rest } = opened;
  return rest;
}

/** The graph as it was carried; tasks that were set aside are ready again. */
export function restoreGraph(carried: CarriedGoal): Graph {
  const schedule = createSchedule(carried.skeleton.tasks, { maxParallel: carried.opened.limits.maxParallelTasks });
  schedule.restore(carried.tasks.map(({ id, status }) => ({ id, status })));
  const tasks = new Map(carried.tasks.map(({ status: _status, ...task }) => [task.id, { ...task }]));
  return { skeleton: carried.skeleton, schedule, tasks };
}
