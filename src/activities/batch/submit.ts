/** Sends calls as one batch: money held and intent written before, the batch's id after. Activity side. */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { SubmitBatchInput, SubmitBatchResult, SubmittedCall } from '../../core/contracts/batches.ts';
import { type RefusedSpend, refusedSpend } from '../../core/contracts/budget-ask.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import { callKey } from '../../core/contracts/ids.ts';
import { failure, failureType } from '../../core/failures.ts';
import { classifyClaudeError } from '../../integrations/claude/errors.ts';
import type { BatchCall } from '../../store/batch-calls.ts';
import { admitCall, type CallBound } from '../admit-call.ts';
import type { CallContext } from '../context/call-context.ts';
import { loadContext } from '../context/load-context.ts';
import { type ModelDeps, startEvents } from '../model-activities.ts';
import { retryDelayMs } from '../retry-delay.ts';
import { adoptLost } from './adopt.ts';
import { customIdOf } from './custom-id.ts';

/** A call that is ready to be sent. */
interface Ready {
  readonly context: CallContext;
  readonly bound: CallBound;
}
type Prepared = SubmittedCall | ({ readonly state: 'ready' } & Ready);

/** Sends what is not sent or answered yet. */
export async function submitBatch(
  deps: ModelDeps,
  input: SubmitBatchInput,
  signal: AbortSignal,
): Promise<SubmitBatchResult> {
  const stored = await deps.store.batches.calls(
    input,
    input.calls.map(({ taskId }) => taskId),
  );
  const wanted = new Set(input.calls.map(callKey));
  const own = stored.filter((row) => wanted.has(callKey(row)));
  const rows = new Map((await adoptLost(deps, own, signal)).map((row) => [callKey(row), row]));
  const prepared = await prepareAll(deps, input.calls, { rows, signal });
  const ready = prepared.filter((one) => one.state === 'ready');
  const sent = ready.length === 0 ? undefined : await send(deps, ready, signal);
  return { calls: prepared.map((one) => (one.state === 'ready' ? (sent ?? NOT_ACCEPTED) : one)) };
}

const NOT_ACCEPTED: SubmittedCall = { state: 'live', why: 'not-accepted' };

interface Preparing {
  readonly rows: ReadonlyMap<string, BatchCall>;
  readonly signal: AbortSignal;
}

/** When one cannot be prepared, nothing is held for the others. */
async function prepareAll(deps: ModelDeps, calls: readonly CallModelInput[], by: Preparing): Promise<Prepared[]> {
  const tries = await Promise.allSettled(calls.map((call) => prepare(deps, call, by)));
  const prepared = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = tries.find((one) => one.status === 'rejected');
  if (!failed) return prepared;
  await release(
    deps,
    prepared.filter((one) => one.state === 'ready'),
  );
  throw failed.reason;
}

async function prepare(deps: ModelDeps, call: CallModelInput, { rows, signal }: Preparing): Promise<Prepared> {
  const row = rows.get(callKey(call));
  if (row?.outcome) return { state: 'live' };
  if (row?.batchId) return { state: 'sent', batchId: row.batchId };
  if ((await deps.store.journal.lookUp(call)).state === 'recorded') return { state: 'live' };
  const context = await loadContext(deps, call);
  try {
    const admitted = await admitCall(deps, context, { signal, events: startEvents(call), batch: true });
    return admitted.recorded ? { state: 'live' } : { state: 'ready', context, bound: admitted.bound };
  } catch (error) {
    const type = failureType(error);
    if (type === 'budget.busy') return { state: 'later' };
    if (type !== 'budget.exhausted') throw error;
    return { state: 'refused', type, ...factsOf(error, type) };
  }
}

function factsOf(error: unknown, type: string): { readonly message: string; readonly details?: RefusedSpend } {
  const details = error instanceof ApplicationFailure ? refusedSpend(error.details?.[0]) : undefined;
  return { message: error instanceof Error ? error.message : type, ...(details ? { details } : {}) };
}

async function release({ store }: ModelDeps, ready: readonly Ready[]): Promise<void> {
  for (const { context, bound } of ready) {
    await store.journal.abandon(context.input, { attempt: bound.attempt, billed: false });
  }
}

/** Undefined when the API does not take the batch: then each call goes live, and shows what is wrong. */
async function send(deps: ModelDeps, ready: readonly Ready[], signal: AbortSignal): Promise<SubmittedCall | undefined> {
  const submission = randomUUID();
  const rows = ready.map(({ context: { input }, bound }) => {
    const { attempt, worstMicroUsd: microUsd } = bound;
    const { tenant, goalId, taskId, revision, turn } = input;
    return { tenant, goalId, taskId, revision, turn, submission, size: ready.length, attempt, microUsd };
  });
  await deps.store.batches.intend(rows);
  const requests = ready.map(({ context }) => ({ customId: customIdOf(context.input), params: context.request }));
  let batchId: string;
  try {
    batchId = (await deps.claude.batches.create(requests, { signal })).id;
  } catch (error) {
    return notSent(deps, { ready, submission, signal }, error);
  }
  const held = await deps.store.batches.sent(submission, batchId);
  if (held === 0) {
    // Another attempt has taken the calls over.
    await deps.claude.batches.cancel(batchId, { signal });
    throw failure('model.connection', 'another attempt has sent these calls');
  }
  return { state: 'sent', batchId };
}

interface Submission {
  readonly ready: readonly Ready[];
  readonly submission: string;
  readonly signal: AbortSignal;
}

/** What may have arrived all the same is looked for by the next attempt; what was refused holds nothing. */
async function notSent(deps: ModelDeps, { ready, submission, signal }: Submission, error: unknown): Promise<undefined> {
  if (signal.aborted) throw error;
  const known = classifyClaudeError(error);
  const { type, message, billed, retryable, counts } = known;
  if (!billed) {
    await release(deps, ready);
    await deps.store.batches.drop(submission);
  }
  const { attempt } = Context.current().info;
  const isFinal = !retryable || (counts && attempt >= deps.maxFailures);
  if (isFinal && !billed && type !== 'model.credentials' && type !== 'model.spend-limit') return undefined;
  const nextRetryDelayMs = retryDelayMs(known, { attempt, probeIntervalMs: deps.probeIntervalMs });
  throw failure(type, message, retryable ? { nextRetryDelayMs } : {});
}
