/** One model call as the workflow sees it: ids in, outcome back, and waiting when a person is needed. Workflow side. */
import { condition } from '@temporalio/workflow';
import type { CallModelInput, CallModelResult } from '../../core/contracts/calls.ts';
import { failureType } from '../../core/failures.ts';
import { type GoalRun, showProgress } from './goal-run.ts';
import { label, reasonOf } from './label.ts';

/** A call without what is the same for the whole goal. */
export type ModelCall = Omit<CallModelInput, 'goalId' | 'tenant' | 'snapshot' | 'plan'> & {
  /** Id of the activity: built from numbers, free of user text. */
  readonly activityId: string;
  /** Workflow time at which the task's time is over. */
  readonly deadlineMs?: number;
};

const NEEDS_PERSON = new Set(['model.credentials', 'model.spend-limit']);

/**
 * Calls the model. A refused key or an exhausted account does not fail the task: the goal waits until somebody
 * resumes it, and the same call is made again. Other failures are thrown.
 */
export async function callModel(run: GoalRun, call: ModelCall): Promise<CallModelResult> {
  for (let again = 0; ; again++) {
    try {
      const result = await attempt(run, call, again);
      run.costMicroUsd += result.costMicroUsd;
      return result;
    } catch (error) {
      if (!NEEDS_PERSON.has(failureType(error) ?? '')) throw error;
      await awaitResume(run, reasonOf(error));
    }
  }
}

function attempt(run: GoalRun, call: ModelCall, again: number): Promise<CallModelResult> {
  const { activityId, deadlineMs, ...identity } = call;
  const { goalId, tenant } = run.input;
  const plan = run.graph?.skeleton.plan.hash;
  const options = {
    activityId: again === 0 ? activityId : `${activityId}+${again}`,
    summary: label(`${call.taskId} · ${call.purpose} · turn ${call.turn} · ${call.agent} (${call.tier})`),
    ...timeLeft(deadlineMs),
  };
  return run.proxies.model.callModel.executeWithOptions(options, [
    { goalId, tenant, snapshot: run.opened.snapshot, ...identity, ...(plan === undefined ? {} : { plan }) },
  ]);
}

/** The activity options that hold a deadline without a timer of its own. */
export function timeLeft(deadlineMs: number | undefined): { scheduleToCloseTimeout?: number } {
  return deadlineMs === undefined ? {} : { scheduleToCloseTimeout: Math.max(1, deadlineMs - Date.now()) };
}

async function awaitResume(run: GoalRun, reason: string): Promise<void> {
  const seen = run.resumes;
  if (run.awaiting === undefined) {
    run.awaiting = 'credentials';
    run.reason = reason;
    run.outbox.emit('awaiting', { awaiting: 'credentials', reason });
    showProgress(run);
  }
  await condition(() => run.resumes > seen);
  if (run.awaiting === undefined) return;
  delete run.awaiting;
  delete run.reason;
  run.outbox.emit('awaiting-end', {});
  showProgress(run);
}
