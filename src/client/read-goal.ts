/** Reading goals: everything comes from the store, so that finished goals read as long as they are kept. Host side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { GoalStatusReport } from '../core/contracts/goal.ts';
import type { TaskStatus } from '../core/contracts/plan.ts';
import type { GoalEvent } from '../core/events.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import type { GoalDetail, GoalResult, GoalSummary } from '../core/goal.ts';
import { isGoalId } from '../core/ids.ts';
import type { ClientParts, ListFilter } from './client-parts.ts';
import { FINAL_STATUSES, isFinal, OPEN_STATUSES } from './goal-statuses.ts';
import { schemaProblems } from './schema-problems.ts';

/** Pause before watching again when a stream of events ended early. */
const REWATCH_MS = 200;

const filterSchema = z.strictObject({
  status: z
    .array(z.enum([...OPEN_STATUSES, ...FINAL_STATUSES]))
    .min(1)
    .optional(),
  tag: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .optional(),
  limit: z.int().min(1).max(1_000).optional(),
  before: z.string().refine(isGoalId, 'is not a goal id').optional(),
});

/** The goals of the tenant, newest first. A bad filter: `goal.invalid`. */
export async function listGoals(parts: ClientParts, filter: ListFilter): Promise<readonly GoalSummary[]> {
  const parsed = filterSchema.safeParse(filter);
  if (parsed.success) return parts.store.goals.list({ tenant: parts.tenant, ...parsed.data });
  const problems = schemaProblems(parsed.error);
  const text = problems.map((problem) => `${problem.path}: ${problem.message}`).join('; ');
  throw new OrchestratorError('goal.invalid', `The filter is refused. ${text}`, {
    remedy: 'Correct the named field.',
    facts: { problems },
  });
}

/** Everything known of a goal. Errors: `goal.not-found`. */
export async function showGoal(parts: ClientParts, goalId: string): Promise<GoalDetail> {
  const detail = isGoalId(goalId) ? await parts.store.goals.detail(parts.tenant, goalId) : undefined;
  if (detail) return detail;
  throw new OrchestratorError('goal.not-found', `There is no goal ${JSON.stringify(goalId.slice(0, 64))}.`, {
    remedy: FAILURES['goal.not-found'].remedy,
  });
}

/** Where a goal is: counts and running tasks, bounded whatever the plan's size. */
export async function goalStatus(parts: ClientParts, goalId: string): Promise<GoalStatusReport> {
  const detail = await showGoal(parts, goalId);
  const counts: Record<TaskStatus, number> = {
    waiting: 0,
    ready: 0,
    running: 0,
    checking: 0,
    done: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
  };
  for (const task of detail.tasks) if (task.status in counts) counts[task.status as TaskStatus] += 1;
  const running = detail.tasks.filter((task) => task.status === 'running' || task.status === 'checking');
  return {
    goalId,
    status: detail.status,
    ...(detail.awaiting === 'credentials' || detail.awaiting === 'budget' ? { awaiting: detail.awaiting } : {}),
    ...(detail.reason === null ? {} : { reason: detail.reason }),
    counts,
    running: running.slice(0, 50).map((task) => task.taskId),
    costMicroUsd: detail.costMicroUsd,
  };
}

/** Stored events after `afterSeq`, then live ones until `goal-end` or the signal. Errors: `goal.not-found`. */
export async function* watchGoal(
  parts: ClientParts,
  goalId: string,
  options: { afterSeq?: number; signal?: AbortSignal },
): AsyncGenerator<GoalEvent> {
  await showGoal(parts, goalId);
  yield* parts.store.events.watch(parts.tenant, goalId, options);
}

/** Waits until the goal has ended. An aborted signal rejects with its reason; the goal goes on. */
export async function awaitResult(parts: ClientParts, goalId: string, signal?: AbortSignal): Promise<GoalResult> {
  let afterSeq = 0;
  for (;;) {
    signal?.throwIfAborted();
    const detail = await showGoal(parts, goalId);
    if (isFinal(detail.status)) return resultOf(detail, detail.status);
    for await (const event of parts.store.events.watch(parts.tenant, goalId, { afterSeq, signal })) {
      if (event.seq > 0) afterSeq = event.seq;
      if (event.type === 'goal-end') break;
    }
    signal?.throwIfAborted();
    if (!isFinal((await showGoal(parts, goalId)).status)) await sleep(REWATCH_MS, undefined, { signal });
  }
}

function resultOf(detail: GoalDetail, status: GoalResult['status']): GoalResult {
  const { goalId, reason, deliverable, census, criteria } = detail;
  if (census) return { goalId, status, reason, deliverable, census, criteria };
  throw new OrchestratorError('internal.bug', `Goal ${goalId} has ended without a census.`, {
    remedy: FAILURES['internal.bug'].remedy,
  });
}
