/** Cancelling and resuming goals: Temporal carries the wish, the store shows it. Host side. */
import { resumeSignal } from '../core/contracts/messages.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import type { GoalDetail } from '../core/goal.ts';
import type { ClientParts } from './client-parts.ts';
import { closeLostGoal } from './close-lost-goal.ts';
import { isFinal } from './goal-statuses.ts';
import { showGoal } from './read-goal.ts';
import { goalToStart } from './start-goal.ts';

/** Asks Temporal to cancel; the status reads `cancelling` until the workflow has confirmed. Errors: `goal.closed`. */
export async function cancelGoal(parts: ClientParts, goalId: string): Promise<void> {
  const before = await openGoal(parts, goalId);
  await parts.store.goals.setStatus(parts.tenant, goalId, 'cancelling');
  try {
    if ((await parts.workflows.cancel(goalId)) === 'sent') return;
    if (await startLate(parts, before)) await parts.workflows.cancel(goalId);
    else await closeLostGoal(parts, await openGoal(parts, goalId));
  } catch (error) {
    if (!isClosed(error)) await parts.store.goals.setStatus(parts.tenant, goalId, before.status);
    throw error;
  }
}

/** Tells a waiting goal to go on. Harmless when it does not wait. Errors: `goal.closed`. */
export async function resumeGoal(parts: ClientParts, goalId: string): Promise<void> {
  const detail = await openGoal(parts, goalId);
  if ((await parts.workflows.signal(goalId, resumeSignal)) === 'sent') return;
  if (await startLate(parts, detail)) return;
  await openGoal(parts, goalId);
  throw new OrchestratorError('goal.lost', `Goal ${goalId} has no workflow in Temporal any more.`, {
    remedy: 'Cancel it, then start it again.',
  });
}

/** A goal that never reached Temporal is started now, so that its workflow can take the wish and close it properly. */
async function startLate(parts: ClientParts, detail: GoalDetail): Promise<boolean> {
  if (detail.status !== 'queued') return false;
  const request = await parts.store.goals.request(parts.tenant, detail.goalId);
  if (!request) return false;
  await parts.workflows.start(goalToStart(detail.goalId, parts.tenant, request));
  return true;
}

/** A goal that has not ended. Errors: `goal.closed`, `goal.not-found`. */
export async function openGoal(parts: ClientParts, goalId: string): Promise<GoalDetail> {
  const detail = await showGoal(parts, goalId);
  if (!isFinal(detail.status)) return detail;
  throw new OrchestratorError('goal.closed', `Goal ${goalId} has ended (${detail.status}).`, {
    remedy: FAILURES['goal.closed'].remedy,
    facts: { status: detail.status },
  });
}

function isClosed(error: unknown): boolean {
  return error instanceof OrchestratorError && error.code === 'goal.closed';
}
