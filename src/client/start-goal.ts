/** Starting a goal: the store's row first, then Temporal, so that an acknowledged goal is never lost. Host side. */
import { MAX_LABEL_BYTES } from '../core/contracts/limits.ts';
import { OrchestratorError } from '../core/failures.ts';
import type { GoalRequest } from '../core/goal.ts';
import { newGoalId } from '../core/ids.ts';
import type { StartedGoal } from '../store/store.ts';
import type { ClientParts } from './client-parts.ts';
import { firstBytes } from './first-bytes.ts';
import type { GoalToStart } from './goal-workflows.ts';
import { parseGoalRequest } from './request-door.ts';

/**
 * Checks, stores and starts a goal. The same key and body give the same goal, also when it has ended.
 * Errors: those of the door, `goal.idempotency-conflict`, `temporal.unavailable` (facts: the stored `goalId`).
 */
export async function startGoal(parts: ClientParts, raw: unknown): Promise<StartedGoal> {
  const request = parseGoalRequest(raw, parts.rules);
  const { tenant, simulated } = parts;
  const started = await parts.store.goals.create({ goalId: newGoalId(), tenant, request, simulated });
  if (started.created || (await stillQueued(parts, started.goalId))) await handOver(parts, started.goalId, request);
  return started;
}

/** Starts the goals that were stored but never reached Temporal. Gives the ids of those it started. */
export async function reconcileGoals(parts: ClientParts): Promise<readonly string[]> {
  const started: string[] = [];
  for (const { goalId, tenant } of await parts.store.goals.unstarted(0)) {
    const request = await parts.store.goals.request(tenant, goalId);
    if (!request) continue;
    if ((await parts.workflows.start(goalToStart(goalId, tenant, request))) === 'started') started.push(goalId);
  }
  return started;
}

/** A goal that an earlier call stored may have missed Temporal; an ended one must not start again. */
async function stillQueued(parts: ClientParts, goalId: string): Promise<boolean> {
  return (await parts.store.goals.detail(parts.tenant, goalId))?.status === 'queued';
}

async function handOver(parts: ClientParts, goalId: string, request: GoalRequest): Promise<void> {
  try {
    await parts.workflows.start(goalToStart(goalId, parts.tenant, request));
  } catch (error) {
    throw new OrchestratorError('temporal.unavailable', `Goal ${goalId} is stored but could not be started yet.`, {
      remedy: 'It starts with the next `orchestrator up`, or when the same request with its key is repeated.',
      facts: { goalId },
      cause: error,
    });
  }
}

/** What Temporal gets to know of a goal. */
export function goalToStart(goalId: string, tenant: string, request: GoalRequest): GoalToStart {
  return { goalId, tenant, tags: request.tags ?? [], label: firstBytes(request.text, MAX_LABEL_BYTES) };
}
