/** One model call as the workflow sees it: ids in, outcome back, and waiting when a person is needed. Workflow side. */
import { condition } from '@temporalio/workflow';
import type { CallModelInput, CallModelResult } from '../../core/contracts/calls.ts';
import { failure, failureType } from '../../core/failures.ts';
import { endAwaiting, startAwaiting } from './awaiting.ts';
import type { Waiter } from './budget-gate.ts';
import { showDetails } from './details.ts';
import type { GoalRun } from './goal-run.ts';
import { label, reasonOf } from './label.ts';
import { type TaskClock, timeLeft } from './task-clock.ts';

/** A call without what is the same for the whole goal. */
export type ModelCall = Omit<CallModelInput, 'goalId' | 'tenant' | 'snapshot' | 'plan'> & {
  /** Id of the activity: built from numbers, free of user text. */
  readonly activityId: string;
  /** The task's time; absent for calls outside tasks. */
  readonly clock?: TaskClock;
};

const NEEDS_PERSON = new Set(['model.credentials', 'model.spend-limit']);

/**
 * Calls the model. A refused key or an exhausted account does not fail the task: the goal waits until somebody
 * resumes it, and the same call is made again; likewise when the goal's budget does not hold the call, unless the goal
 * is to end then: `budget.exhausted`. Other failures are thrown.
 */
export async function callModel(run: GoalRun, call: ModelCall): Promise<CallModelResult> {
  if (run.budget.spent) throw failure('budget.exhausted', 'the budget is used up');
  let place = run.budget.enter();
  for (let again = 0; ; again++) {
    try {
      showDetails(run);
      const result = await attempt(run, call, again);
      run.costMicroUsd += result.costMicroUsd;
      run.budget.leave();
      showDetails(run);
      return result;
    } catch (error) {
      place = await afterFailure(run, place, error);
    }
  }
}

/** Gives the call's place at the gate when it is to be made again, throws what ends it. */
async function afterFailure(run: GoalRun, place: Waiter, error: unknown): Promise<Waiter> {
  const type = failureType(error) ?? '';
  if (type === 'budget.exhausted') {
    run.budgetReason = reasonOf(error);
    if (await run.budget.again(place)) return place;
    throw error;
  }
  run.budget.leave();
  if (!NEEDS_PERSON.has(type)) throw error;
  await awaitResume(run, reasonOf(error));
  return run.budget.enter();
}

function attempt(run: GoalRun, call: ModelCall, again: number): Promise<CallModelResult> {
  const { activityId, clock, ...identity } = call;
  const { goalId, tenant } = run.input;
  const plan = run.graph?.skeleton.plan.hash;
  const options = {
    activityId: again === 0 ? activityId : `${activityId}+${again}`,
    summary: summaryOf(call),
    ...timeLeft(run, clock),
  };
  return run.proxies.model.callModel.executeWithOptions(options, [
    { goalId, tenant, snapshot: run.opened.snapshot, ...identity, ...(plan === undefined ? {} : { plan }) },
  ]);
}

/** What the Temporal Web UI shows of a call, e.g. `draft · revision 1 · turn 2 · writer (fast)`. */
function summaryOf({ purpose, taskId, subject, revision, turn, agent, tier }: ModelCall): string {
  const what = { task: taskId, check: `check of ${subject?.taskId}` }[purpose as 'task' | 'check'] ?? purpose;
  const parts = [what, ...(revision > 0 ? [`revision ${revision}`] : []), `turn ${turn}`, `${agent} (${tier})`];
  return label(parts.join(' · '));
}

async function awaitResume(run: GoalRun, reason: string): Promise<void> {
  const seen = run.resumes;
  startAwaiting(run, 'credentials', reason);
  await condition(() => run.resumes > seen);
  endAwaiting(run, 'credentials');
}
