/** The goal workflow: open, plan, run the graph, deliver, close. Workflow side. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { GoalWorkflowResult } from '../core/contracts/goal.ts';
import type { GoalWorkflowInput } from '../core/contracts/goal-input.ts';
import { getStatusQuery, raiseBudgetUpdate, resumeSignal } from '../core/contracts/messages.ts';
import { failure } from '../core/failures.ts';
import { carry, restoreGraph } from './goal/carry.ts';
import { closeGoal, type Ending, judgeGoal } from './goal/close.ts';
import { type Delivery, deliver } from './goal/deliver.ts';
import { showDetails } from './goal/details.ts';
import { type GoalRun, graphOf, setStatus } from './goal/goal-run.ts';
import { reasonOf } from './goal/label.ts';
import { adopt, newRun } from './goal/new-run.ts';
import { planGoal } from './goal/plan-goal.ts';
import { checkRaise, raiseBudget } from './goal/raise-budget.ts';
import { runGraph } from './goal/run-graph.ts';
import { reportStatus } from './goal/status.ts';

/** Runs one goal to its end. Fails with `task.failed` when the goal failed; is cancelled when it was cancelled. */
export async function goalWorkflow(input: GoalWorkflowInput): Promise<GoalWorkflowResult> {
  const run = newRun(input);
  setHandler(getStatusQuery, () => reportStatus(run));
  setHandler(resumeSignal, () => {
    run.resumes += 1;
  });
  setHandler(raiseBudgetUpdate, (raise) => raiseBudget(run, raise), { validator: (raise) => checkRaise(run, raise) });
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
  const { carried } = run.input;
  if (carried) {
    run.graph = await restoreGraph(run, carried);
  } else {
    const ending = await openAndPlan(run);
    if (ending) return end(run, ending, {});
  }
  if ((await runGraph(run)) === 'continue') return goOn(run);
  const failed = run.reason !== undefined || graphOf(run).schedule.counts().done === 0;
  const delivery = failed || run.budget.spent ? {} : await deliver(run);
  return end(run, judgeGoal(run, graphOf(run), delivery), delivery);
}

/** Opens and plans the goal; a failure on the way, other than a refused plan, ends it. */
async function openAndPlan(run: GoalRun): Promise<Ending | undefined> {
  const { goalId, tenant } = run.input;
  run.outbox.emit('goal-start');
  try {
    adopt(run, await run.proxies.goal.openGoal({ goalId, tenant }));
    setStatus(run, 'planning');
    showDetails(run);
    run.graph = await planGoal(run);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { status: 'failed', reason: reasonOf(error) };
  }
  setStatus(run, 'running');
  return undefined;
}

async function goOn(run: GoalRun): Promise<never> {
  await run.outbox.flushed();
  await condition(allHandlersFinished);
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
  showDetails(run);
}

/** Everything still open is cancelled and the end written down; nothing is sent any more. */
async function closeCancelled(run: GoalRun): Promise<void> {
  for (const id of run.graph?.schedule.cancelRest() ?? []) run.outbox.emit('task-end', { status: 'cancelled' }, id);
  await closeGoal(run, { status: 'cancelled' }, {});
  await condition(allHandlersFinished);
}
