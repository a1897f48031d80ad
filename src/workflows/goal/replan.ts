/** Another way around a failed task: the manager replans what has not started, a person may have to agree. Workflow side. */

import type { LoadSkeletonInput } from '../../core/contracts/activities.ts';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import { unpackSkeleton } from '../../tasks/pack-skeleton.ts';
import type { ScheduleEntry } from '../../tasks/schedule.ts';
import { approvePlan, type PlanVerdict } from './approve-plan.ts';
import { type GoalRun, type Graph, graphOf, hasBegun, setStatus, taskRun } from './goal-run.ts';
import { label, reasonOf } from './label.ts';
import { Parked } from './parked.ts';
import { askManager, type PlanWish } from './plan-goal.ts';
import { rethrowCancel } from './rethrow-cancel.ts';
import { unfinishedTasks } from './unfinished.ts';

interface Failed {
  readonly taskId: string;
  readonly reason: string;
}

/** `parked`: the next run of the workflow takes it up. */
type ReplanVerdict = PlanVerdict | { readonly kind: 'parked' };

/** What came of the new plan; undefined when the manager gave none: the old plan then stands. */
export async function replan(run: GoalRun, failed: Failed): Promise<ReplanVerdict | undefined> {
  setStatus(run, 'planning');
  const before = run.unapproved?.replan;
  delete run.unapproved;
  try {
    const wish = wishFor(run, failed);
    if (!before) announce(run, failed);
    const asked = before?.plan !== undefined;
    const skeleton = before?.plan ? await load(run, before.plan) : await askManager(run, wish);
    if (!skeleton) run.fallbacks.push(`replan.rejected:${failed.taskId}`);
    if (!skeleton) return undefined;
    const verdict = await approvePlan(run, {
      ...{ skeleton, asked },
      again: (rejected, feedback) => askManager(run, { ...wish, sentBack: { skeleton: rejected, feedback } }),
    });
    settle(run, failed, verdict);
    return verdict;
  } catch (error) {
    rethrowCancel(error);
    if (error instanceof Parked) {
      run.unapproved = { replan: failed };
      return { kind: 'parked' };
    }
    run.fallbacks.push(label(`replan.failed:${failed.taskId}: ${reasonOf(error)}`));
    return undefined;
  } finally {
    setStatus(run, 'running');
  }
}

function wishFor(run: GoalRun, { taskId, reason }: Failed): PlanWish {
  const graph = graphOf(run);
  const unfinished = [{ taskId, status: 'failed' as const, reason }, ...unfinishedTasks(graph)].slice(0, 50);
  return { purpose: 'replan', facts: { unfinished, frozen: startedTasks(graph, taskId) } };
}

function announce(run: GoalRun, { taskId, reason }: Failed): void {
  run.replans += 1;
  run.outbox.emit('replan', { reason: label(`${taskId}: ${reason}`), number: run.replans });
}

/** The plan that an earlier run of the workflow left waiting. */
async function load({ lane, proxies }: GoalRun, plan: LoadSkeletonInput): Promise<PlanSkeleton> {
  return unpackSkeleton(await lane.run(() => proxies.goal.loadSkeleton(plan)));
}

function settle(run: GoalRun, failed: Failed, { kind, skeleton }: PlanVerdict): void {
  const { plan, revision, source } = skeleton;
  if (kind === 'parked') {
    run.unapproved = { replan: { ...failed, plan: { tenant: run.input.tenant, plan, revision, source } } };
    return;
  }
  for (const task of skeleton.tasks) taskRun(graphOf(run), task.id);
}

/** Tasks that have started or ended, and the one that failed: a replan leaves them as they are. */
function startedTasks(graph: Graph, failed: string): string[] {
  const isOpen = ({ id, status }: ScheduleEntry) =>
    status === 'waiting' || (status === 'ready' && !hasBegun(taskRun(graph, id)));
  return graph.schedule.entries().flatMap((entry) => (entry.id === failed || !isOpen(entry) ? [entry.id] : []));
}
