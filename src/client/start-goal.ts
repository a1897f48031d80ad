/** Starting a goal: the store's row first, then Temporal, so that an acknowledged goal is never lost. Host side. */
import { DEFAULT_PRIORITY, MAX_LABEL_BYTES } from '../core/contracts/limits.ts';
import { OrchestratorError } from '../core/failures.ts';
import type { GoalRequest } from '../core/goal.ts';
import { newGoalId } from '../core/ids.ts';
import type { StartedGoal, UnstartedGoal } from '../store/store.ts';
import type { ClientParts } from './client-parts.ts';
import { closeLostGoal } from './close-lost-goal.ts';
import { firstBytes } from './first-bytes.ts';
import { isFinal } from './goal-statuses.ts';
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

/**
 * Starts the goals that were stored but never reached Temporal, and closes those whose tick was ended before it could start
 * them. Gives the ids of those it started.
 */
export async function reconcileGoals(parts: ClientParts, olderThanMs = 0): Promise<readonly string[]> {
  const started: string[] = [];
  for (const goal of await parts.store.goals.unstarted(olderThanMs)) {
    const { goalId, tenant, scheduleId } = goal;
    if (scheduleId !== null) {
      await closeAbandoned(parts, { ...goal, scheduleId });
      continue;
    }
    const request = await parts.store.goals.request(tenant, goalId);
    if (!request) continue;
    if ((await parts.workflows.start(goalToStart(goalId, tenant, request))) === 'started') started.push(goalId);
  }
  return started;
}

/** A tick has this long to start the goal it has made before it is looked for; clocks may differ by the second time. */
const TICK_MS = 30_000;
const SKEW_MS = 5_000;
const ABANDONED = 'Its tick was ended before the goal began.';

/** As long as its tick runs, that starts it; a tick that is over (terminated, by overlap or by hand) never does. */
async function closeAbandoned(
  parts: ClientParts,
  { goalId, tenant, scheduleId, createdAt }: UnstartedGoal & { readonly scheduleId: string },
): Promise<void> {
  if (Date.now() - createdAt.getTime() < TICK_MS) return;
  if (await parts.schedules.tickRuns(tenant, scheduleId, new Date(createdAt.getTime() + SKEW_MS))) return;
  // One that has reached Temporal all the same ends by itself.
  if ((await parts.workflows.cancel(goalId)) === 'sent') return;
  const detail = await parts.store.goals.detail(tenant, goalId);
  if (detail && !isFinal(detail.status)) await closeLostGoal(parts, detail, ABANDONED);
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
  const { tags = [], priority = DEFAULT_PRIORITY } = request;
  return { goalId, tenant, tags, priority, label: firstBytes(request.text, MAX_LABEL_BYTES) };
}
