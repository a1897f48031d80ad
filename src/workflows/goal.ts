/** The goal workflow: open, plan, run the graph, deliver, close. Workflow side. */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, isCancellation } from '@temporalio/workflow';
import type { GoalWorkflowResult } from '../core/contracts/goal.ts';
import type { GoalWorkflowInput } from '../core/contracts/goal-input.ts';
import { failure } from '../core/failures.ts';
import { endAllAwaiting } from './goal/awaiting.ts';
import { carry, restoreGraph } from './goal/carry.ts';
import { closeGoal, type Ending, isTold, judgeGoal } from './goal/close.ts';
import { registerControls } from './goal/controls.ts';
import { type Delivery, deliver } from './goal/deliver.ts';
import { showDetails } from './goal/details.ts';
import { approveFirstPlan } from './goal/first-plan.ts';
import { type GoalRun, graphOf, setStatus } from './goal/goal-run.ts';
import { reasonOf } from './goal/label.ts';
import { adopt, newRun } from './goal/new-run.ts';
import { Parked } from './goal/parked.ts';
import { planGoal } from './goal/plan-goal.ts';
import { rethrowCancel } from './goal/rethrow-cancel.ts';
import { runGraph } from './goal/run-graph.ts';

/** Runs one goal to its end. Fails with `task.failed` when the goal failed; is cancelled when it was cancelled. */
export async function goalWorkflow(input: GoalWorkflowInput): Promise<GoalWorkflowResult> {
  const run = newRun(input);
  showDetails(run);
  registerControls(run);
  CancellationScope.current().cancelRequested.catch(() => startCancelling(run));
  try {
    return await pursue(run);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => closeCancelled(run));
    throw error;
  }
}

async function pursue(run: GoalRun): Promise<GoalWorkflowResult> {
  const ending = await begin(run);
  if (ending === 'continue') return goOn(run);
  if (ending) return end(run, ending, {});
  if ((await runGraph(run)) === 'continue') return goOn(run);
  const failed = (run.refused ?? run.reason) !== undefined || graphOf(run).schedule.counts().done === 0;
  const delivery = failed || run.budget.spent ? {} : await deliver(run);
  if (delivery === 'continue') return goOn(run);
  return end(run, judgeGoal(run, graphOf(run), delivery), delivery);
}

/** Opens and plans the goal, or takes it up again, to where its plan may run; a failure on the way ends it. */
async function begin(run: GoalRun): Promise<Ending | 'continue' | undefined> {
  const { goalId, tenant, parentAccount, carried } = run.input;
  try {
    if (carried?.plan) run.graph = await restoreGraph(run, carried.plan, carried.tasks);
    if (run.graph && (!run.unapproved || run.unapproved.replan)) return undefined;
    if (!carried) {
      const goal = { goalId, tenant, ...(parentAccount ? { parentAccount } : {}) };
      adopt(run, await run.lane.run(() => run.proxies.long.openGoal(goal)));
    }
    run.graph ??= await planGoal(run);
    const ending = await approveFirstPlan(run);
    if (ending) return ending;
  } catch (error) {
    rethrowCancel(error);
    if (error instanceof Parked) return 'continue';
    return { status: 'failed', reason: reasonOf(error) };
  }
  setStatus(run, 'running');
  return undefined;
}

async function goOn(run: GoalRun): Promise<never> {
  endAllAwaiting(run);
  await condition(() => isTold(run));
  const { goalId, tenant } = run.input;
  return continueAsNew<typeof goalWorkflow>({ goalId, tenant, carried: carry(run) });
}

async function end(run: GoalRun, ending: Ending, delivery: Delivery): Promise<GoalWorkflowResult> {
  const closed = await closeGoal(run, ending, delivery);
  await condition(allHandlersFinished);
  const { goalId } = run.input;
  if (ending.status === 'failed') {
    throw failure('task.failed', ending.reason ?? 'the goal failed', {
      details: { goalId, costMicroUsd: closed.costMicroUsd },
    });
  }
  return {
    goalId,
    status: ending.status,
    ...(ending.reason ? { reason: ending.reason } : {}),
    ...(closed.deliverable ? { deliverable: closed.deliverable } : {}),
    costMicroUsd: closed.costMicroUsd,
  };
}

function startCancelling(run: GoalRun): void {
  setStatus(run, 'cancelling');
  run.outbox.emit('cancelling');
}

/** Everything still open is cancelled and the end written down; nothing is sent any more. */
async function closeCancelled(run: GoalRun): Promise<void> {
  for (const id of run.graph?.schedule.cancelRest() ?? []) run.outbox.emit('task-end', { status: 'cancelled' }, id);
  await closeGoal(run, { status: 'cancelled' }, {});
  await condition(allHandlersFinished);
}
