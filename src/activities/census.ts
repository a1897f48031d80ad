/** The census of a goal: the workflow's facts, the ledger's totals, the critical path as it was. Pure. */
import type { CloseGoalInput } from '../core/contracts/activities.ts';
import type { Census } from '../core/contracts/goal.ts';
import type { TaskRun } from '../core/goal.ts';
import type { GoalTotals } from '../store/store.ts';
import { remainingPaths } from '../tasks/graph.ts';

/** Counts, money and times of a goal that is about to close. */
export function takeCensus(
  input: CloseGoalInput,
  { totals, runs }: { readonly totals: GoalTotals; readonly runs: readonly TaskRun[] },
): Census {
  const { tasks, criteria, replans, fallbacks, verified } = input;
  const reused = runs.filter((task) => task.reusedFrom).length;
  return {
    tasks: { ...tasks, ...(reused > 0 ? { reused } : {}) },
    criteria,
    replans,
    fallbacks,
    verified,
    ...totals,
    durationMs: Math.max(0, input.endedAtMs - input.startedAtMs),
    criticalPathMs: longestChainMs(runs),
  };
}

/** Longest sum of task times along dependencies, in ms; tasks that never ran count nothing. */
export function longestChainMs(tasks: readonly TaskRun[]): number {
  const positions = new Map(tasks.map((task, position) => [task.taskId, position]));
  const linked = tasks.map((task) => ({
    timeMs: timeOf(task),
    dependsOn: task.dependsOn.map((id) => positions.get(id)).filter((position) => position !== undefined),
  }));
  return Math.max(0, ...remainingPaths(linked, (task) => task.timeMs));
}

function timeOf(task: TaskRun): number {
  if (task.startedAt === null || task.endedAt === null) return 0;
  return Math.max(0, Date.parse(task.endedAt) - Date.parse(task.startedAt));
}
