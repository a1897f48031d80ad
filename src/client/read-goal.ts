/** Reading goals: everything comes from the store, so that finished goals read as long as they are kept. Host side. */
import { z } from 'zod';
import type { GoalStatusReport } from '../core/contracts/goal.ts';
import type { TaskStatus } from '../core/contracts/plan.ts';
import type { GoalEvent } from '../core/events.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import type { GoalDetail, GoalResult, GoalSummary } from '../core/goal.ts';
import { isGoalId } from '../core/ids.ts';
import type { ClientParts, ListFilter } from './client-parts.ts';
import { FINAL_STATUSES, OPEN_STATUSES } from './goal-statuses.ts';
import { checkInput, limitField, quoted, seqField, signalField } from './input-door.ts';

const filterSchema = z.strictObject({
  status: z
    .array(z.enum([...OPEN_STATUSES, ...FINAL_STATUSES]))
    .min(1)
    .optional(),
  tag: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .optional(),
  limit: limitField.optional(),
  before: z.string().refine(isGoalId, 'is not a goal id').optional(),
});

const watchSchema = z.strictObject({ afterSeq: seqField.optional(), signal: signalField.optional() });
const resultSchema = z.strictObject({ signal: signalField.optional() });

/** Where watching begins, and what ends it. */
export type WatchOptions = z.input<typeof watchSchema>;

/** The goals of the tenant, newest first. A bad filter: `goal.invalid`. */
export async function listGoals(parts: ClientParts, filter: ListFilter): Promise<readonly GoalSummary[]> {
  const wanted = checkInput(filterSchema, filter, { what: 'The filter', code: 'goal.invalid' });
  return parts.store.goals.list({ tenant: parts.tenant, ...wanted });
}

/** Everything known of a goal. Errors: `goal.not-found`. */
export async function showGoal(parts: ClientParts, goalId: string): Promise<GoalDetail> {
  const detail = isGoalId(goalId) ? await parts.store.goals.detail(parts.tenant, goalId) : undefined;
  if (detail) return detail;
  throw noGoal(goalId);
}

function noGoal(goalId: string): OrchestratorError {
  return new OrchestratorError('goal.not-found', `There is no goal ${quoted(goalId)}.`, {
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
    ...(isAwaiting(detail.awaiting) ? { awaiting: detail.awaiting } : {}),
    ...(detail.reason === null ? {} : { reason: detail.reason }),
    counts,
    running: running.slice(0, 50).map((task) => task.taskId),
    costMicroUsd: detail.costMicroUsd,
  };
}

/** Stored events after `afterSeq`, then live ones until `goal-end` or the signal. Errors: `goal.not-found`. */
export async function* watchGoal(parts: ClientParts, goalId: string, raw: WatchOptions): AsyncGenerator<GoalEvent> {
  const options = checkInput(watchSchema, raw, { what: 'The watch' });
  await showGoal(parts, goalId);
  yield* parts.store.events.watch(parts.tenant, goalId, options);
}

/** Waits until the goal has ended. An aborted signal rejects with its reason; the goal goes on. */
export async function awaitResult(
  parts: ClientParts,
  goalId: string,
  options: z.input<typeof resultSchema>,
): Promise<GoalResult> {
  const { signal } = checkInput(resultSchema, options, { what: 'The wait' });
  signal?.throwIfAborted();
  if (!isGoalId(goalId)) throw noGoal(goalId);
  const result = await parts.store.events.ended(parts.tenant, goalId, signal);
  signal?.throwIfAborted();
  if (result) return result;
  throw new OrchestratorError('internal.bug', `The wait for goal ${goalId} ended without an end.`, {
    remedy: FAILURES['internal.bug'].remedy,
  });
}

const AWAITED: ReadonlySet<string | null> = new Set(['credentials', 'budget', 'plan', 'tool', 'answer', 'capacity']);

function isAwaiting(awaiting: string | null): awaiting is NonNullable<GoalStatusReport['awaiting']> {
  return AWAITED.has(awaiting);
}
