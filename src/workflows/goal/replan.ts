/** Another way around a failed task: the manager replans what has not started. Workflow side. */

import { isCancellation } from '@temporalio/workflow';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import { type GoalRun, type Graph, graphOf, setStatus, taskRun } from './goal-run.ts';
import { label, reasonOf } from './label.ts';
import { askManager } from './plan-goal.ts';
import { unfinishedTasks } from './unfinished.ts';

/** The accepted new plan, or undefined when the manager gave none; the old plan then stands. */
export async function replan(
  run: GoalRun,
  failed: { taskId: string; reason: string },
): Promise<PlanSkeleton | undefined> {
  const graph = graphOf(run);
  run.replans += 1;
  run.outbox.emit('replan', { reason: label(`${failed.taskId}: ${failed.reason}`), number: run.replans });
  setStatus(run, 'planning');
  try {
    const unfinished = [
      { taskId: failed.taskId, status: 'failed' as const, reason: failed.reason },
      ...unfinishedTasks(graph),
    ];
    const skeleton = await askManager(run, 'replan', {
      unfinished: unfinished.slice(0, 50),
      frozen: startedTasks(graph),
    });
    if (!skeleton) run.fallbacks.push(`replan.rejected:${failed.taskId}`);
    for (const task of skeleton?.tasks ?? []) taskRun(graph, task.id);
    return skeleton;
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.fallbacks.push(label(`replan.failed:${failed.taskId}: ${reasonOf(error)}`));
    return undefined;
  } finally {
    setStatus(run, 'running');
  }
}

/** Tasks that have started or ended: a replan leaves them as they are. */
function startedTasks(graph: Graph): string[] {
  const entries = graph.schedule.entries().filter(({ status }) => status !== 'waiting' && status !== 'ready');
  return entries.map(({ id }) => id);
}
