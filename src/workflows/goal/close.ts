/** The honest end of a goal: status by rule, census facts, one closing activity. Workflow side. */
import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { CloseGoalInput, CloseGoalResult } from '../../core/contracts/activities.ts';
import type { Census, FinalStatus } from '../../core/contracts/goal.ts';
import { endAllAwaiting } from './awaiting.ts';
import { asksForVerification, type Delivery } from './deliver.ts';
import { type GoalRun, type Graph, setStatus } from './goal-run.ts';
import { label } from './label.ts';
import { reportEnd, startedBy } from './report-end.ts';
import { unfinishedTasks } from './unfinished.ts';

const NO_CRITERIA: Census['criteria'] = { total: 0, pass: 0, fail: 0, unverified: 0 };

/** How the goal ended and why. */
export interface Ending {
  readonly status: FinalStatus;
  readonly reason?: string;
}

/**
 * `completed` only when every task the goal needs is done, the plan was a real one, and the verification that was asked
 * for passed. `failed` when no task was done or a task with policy `fail-goal` failed. Everything between is `partial`.
 */
export function judgeGoal(run: GoalRun, graph: Graph, delivery: Delivery): Ending {
  if (run.refused !== undefined) return { status: 'cancelled', reason: run.refused };
  if (run.reason) return { status: 'failed', reason: run.reason };
  if (graph.schedule.counts().done === 0) return { status: 'failed', reason: nothingDone(run, graph) };
  const missing = graph.skeleton.tasks.filter((task) => isMissing(graph, task));
  if (missing.length > 0)
    return {
      status: 'partial',
      reason: `${run.budget.spent ? 'the budget was used up; ' : ''}not done: ${missing
        .slice(0, 5)
        .map((task) => task.id)
        .join(', ')}`,
    };
  if (run.fallbacks.includes('plan.fallback'))
    return { status: 'partial', reason: 'the plan was the one-task fallback' };
  if (run.opened.limits.synthesis && !delivery.deliverable)
    return { status: 'partial', reason: 'the deliverable could not be written' };
  if (delivery.verdict && !delivery.verdict.passed)
    return { status: 'partial', reason: 'criteria of the goal are not all met' };
  if (asksForVerification(run) && !delivery.verdict)
    return { status: 'partial', reason: 'the deliverable could not be verified' };
  return { status: 'completed' };
}

/** Names the first task that failed, since that is what a person will ask next. */
function nothingDone(run: GoalRun, graph: Graph): string {
  if (run.budget.spent) return 'the budget was used up before a task was done';
  const [id] = graph.schedule.ids('failed');
  const reason = id === undefined ? undefined : graph.tasks.get(id)?.reason;
  return label(reason === undefined ? 'no task was done' : `no task was done; ${id}: ${reason}`);
}

function isMissing(graph: Graph, task: Graph['skeleton']['tasks'][number]): boolean {
  if (task.optional || graph.schedule.status(task.id) === 'done') return false;
  return !graph.tasks.get(task.id)?.superseded;
}

/** Writes the end into the store, also while the goal is being cancelled; then nothing more is written. */
export async function closeGoal(run: GoalRun, ending: Ending, delivery: Delivery): Promise<CloseGoalResult> {
  // Not waited for in vain: each promise of a workflow costs its worker time.
  if (run.awaited.size > 0 || !isTold(run)) await CancellationScope.nonCancellable(() => tellRest(run));
  run.outbox.seal();
  const { goalId, tenant } = run.input;
  const input: CloseGoalInput = {
    goalId,
    tenant,
    ...ending,
    ...(delivery.deliverable ? { deliverable: delivery.deliverable } : {}),
    tasks: taskCensus(run),
    criteria: delivery.verdict?.criteria ?? NO_CRITERIA,
    replans: run.replans,
    fallbacks: run.fallbacks.slice(0, 50),
    verified: delivery.verdict !== undefined,
    startedAtMs: run.startedAtMs,
    endedAtMs: Date.now(),
    ...(run.graph ? { plan: run.graph.skeleton.plan.hash, snapshot: run.opened.snapshot } : {}),
    joinResults: !delivery.deliverable,
    unfinished: run.graph ? unfinishedTasks(run.graph) : [],
    nextEvent: run.outbox.nextNumber,
  };
  const result = await CancellationScope.nonCancellable(() => run.proxies.long.closeGoal(input));
  run.costMicroUsd = result.costMicroUsd;
  if (ending.reason) run.reason = ending.reason;
  setStatus(run, ending.status);
  const conversation = startedBy(run);
  if (conversation) await CancellationScope.nonCancellable(() => reportEnd(run, conversation));
  return result;
}

/** Until all is told, what handlers acknowledged included. What the goal waited for, it does not wait for any more. */
async function tellRest(run: GoalRun): Promise<void> {
  do {
    endAllAwaiting(run);
    await condition(() => isTold(run));
  } while (run.awaited.size > 0);
}

/** Nothing is left to be told. Looked at together: a handler that ends may have emitted once more. */
export function isTold(run: GoalRun): boolean {
  return run.batches.idle && allHandlersFinished() && run.outbox.idle;
}

function taskCensus(run: GoalRun): Census['tasks'] {
  const counts = run.graph?.schedule.counts();
  const tasks = [...(run.graph?.tasks.values() ?? [])];
  return {
    total: run.graph?.skeleton.tasks.length ?? 0,
    done: counts?.done ?? 0,
    failed: counts?.failed ?? 0,
    skipped: counts?.skipped ?? 0,
    cancelled: counts?.cancelled ?? 0,
    retried: tasks.filter((task) => task.retries > 0 || task.reopened).length,
    revised: tasks.filter((task) => task.revisions > 0).length,
  };
}
