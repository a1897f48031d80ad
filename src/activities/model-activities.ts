/** One model call, paid at most once: journal, breaker, budget, request, interpretation, one transaction. Activity side. */
import { Context, log } from '@temporalio/activity';
import type { ModelActivities } from '../core/contracts/activities.ts';
import type { CallModelInput, CallModelResult } from '../core/contracts/calls.ts';
import { callKey } from '../core/contracts/ids.ts';
import { failure } from '../core/failures.ts';
import type { Json } from '../core/json.ts';
import type { Claude, ClaudeAnswer } from '../integrations/claude/client.ts';
import { classifyClaudeError } from '../integrations/claude/errors.ts';
import { priceUsage } from '../integrations/claude/prices.ts';
import { toUsage } from '../integrations/claude/usage.ts';
import type { FinishedCall, NewEvent, Store } from '../store/store.ts';
import { assistantPosition } from '../store/transcript-position.ts';
import type { ToolCatalog } from '../tools/catalog.ts';
import type { CallContext } from './context/call-context.ts';
import { loadContext } from './context/load-context.ts';
import { publishDeltas } from './deltas.ts';
import { withHeartbeat } from './heartbeat.ts';
import { interpret } from './interpret/interpret.ts';
import type { Pinned } from './pinned.ts';
import { recordPaid } from './record-paid.ts';
import { type CallBound, releaseBudget, reserveBudget } from './reserve-budget.ts';
import { retryDelayMs } from './retry-delay.ts';

/** What model calls need. */
export interface ModelDeps {
  readonly store: Store;
  readonly pinned: Pinned;
  readonly catalog: ToolCatalog;
  readonly claude: Claude;
  /** Requests of one call that may fail before it is given up. */
  readonly maxFailures: number;
  readonly probeIntervalMs: number;
}

/**
 * Probe intervals that an overloaded model stays closed after the last failed request, unless a probe succeeds. Longer than
 * one, or the gate would be open to everybody just when the next probe is due.
 */
const BLOCKED_INTERVALS = 12;

/** Activities of `model` workers. */
export function createModelActivities(deps: ModelDeps): ModelActivities {
  return { callModel: (input) => withHeartbeat((signal) => callModel(deps, input, signal)) };
}

async function callModel(deps: ModelDeps, input: CallModelInput, signal: AbortSignal): Promise<CallModelResult> {
  const known = await deps.store.journal.lookUp(input);
  if (known.state === 'recorded') return known.result;
  if (known.failures >= deps.maxFailures) throw exhausted(known.failures, 'see the earlier attempts');
  const context = await loadContext(deps, input);
  const probe = await passGate(deps, context.model);
  const bound = await reserveBudget(deps, context, signal);
  const answer = await ask(deps, context, { signal, first: known.requestsSent === 0 }).catch(async (error: unknown) => {
    if (bound.reservedMicroUsd !== undefined) await releaseBudget(deps, context, error);
    throw error;
  });
  if (probe) await deps.store.gates.clear(context.model);
  return recordPaid(deps.store, finish(context, bound, answer), signal);
}

/** Counts the request and sends it. */
async function ask(
  deps: ModelDeps,
  context: CallContext,
  { signal, first }: { signal: AbortSignal; first: boolean },
): Promise<ClaudeAnswer> {
  await deps.store.journal.countRequest(context.input, first ? startEvents(context.input) : []);
  signal.throwIfAborted();
  return send(deps, context, signal);
}

/** The first turn of a task is its start. */
function startEvents({ purpose, taskId, revision, turn, agent }: CallModelInput): NewEvent[] {
  if (purpose !== 'task' || turn !== 1) return [];
  return [{ type: 'task-start', taskId, data: { agent, revision } }];
}

/** Lets the request through (true: as a probe), or ends the attempt so that it holds no slot while the model is not to be asked. */
async function passGate({ store, probeIntervalMs }: ModelDeps, model: string): Promise<boolean> {
  const pass = await store.gates.pass(model, probeIntervalMs);
  if (pass.open) return pass.probe;
  throw failure('model.no-capacity', `${model} is overloaded or limited; waiting`, {
    nextRetryDelayMs: pass.retryInMs,
  });
}

async function send(deps: ModelDeps, context: CallContext, signal: AbortSignal): Promise<ClaudeAnswer> {
  const { input } = context;
  const deltas = publishDeltas(deps.store, input.goalId, input.taskId);
  try {
    return await deps.claude.send(context.request, { callKey: callKey(input), signal, onText: deltas.add });
  } catch (error) {
    if (signal.aborted) throw error;
    throw await failed(deps, context, error);
  } finally {
    deltas.stop();
  }
}

/** Writes the failed request down and turns it into the failure that says whether and when to try again. */
async function failed(deps: ModelDeps, { input, model }: CallContext, error: unknown): Promise<Error> {
  const known = classifyClaudeError(error);
  const { type, message, counts } = known;
  const delayMs = retryDelayMs(known, {
    attempt: Context.current().info.attempt,
    probeIntervalMs: deps.probeIntervalMs,
  });
  if (known.overload) await deps.store.gates.block(model, Math.max(delayMs, BLOCKED_INTERVALS * deps.probeIntervalMs));
  const { failures } = await deps.store.journal.countFailure(input, { type, message, counts });
  if (known.retryable && counts && failures >= deps.maxFailures) return exhausted(failures, `${type}: ${message}`);
  return failure(type, message, known.retryable ? { nextRetryDelayMs: delayMs } : {});
}

function exhausted(failures: number, last: string): Error {
  return failure('model.attempts-exhausted', `the call failed ${failures} times; last: ${last}`);
}

function finish(context: CallContext, bound: CallBound, { message, requestId }: ClaudeAnswer): FinishedCall {
  const { input } = context;
  const found = toUsage(message.usage);
  const usage = found ?? bound.worstUsage;
  const costMicroUsd = priceUsage(message.model, usage, new Date());
  const { reservedMicroUsd } = bound;
  if (reservedMicroUsd !== undefined && costMicroUsd > reservedMicroUsd) {
    // A bound that does not hold is a bug of ours. What was paid is recorded as it is.
    log.error('budget.overshoot', { call: callKey(input), costMicroUsd, reservedMicroUsd });
  }
  const read = interpret(context, message);
  const stopReason = message.stop_reason ?? 'unknown';
  const turnEnd = {
    purpose: input.purpose,
    revision: input.revision,
    turn: input.turn,
    model: message.model,
    stopReason,
    costMicroUsd,
    ...usage,
  };
  return {
    id: input,
    purpose: input.purpose,
    agent: input.agent,
    result: { outcome: read.outcome, model: message.model, usage, costMicroUsd },
    requestId,
    stopReason,
    ...(reservedMicroUsd === undefined ? {} : { reserved: true }),
    transcript: [
      ...context.opening,
      {
        revision: input.revision,
        position: assistantPosition(input.turn),
        role: 'assistant',
        content: { blocks: message.content, stopReason } as unknown as Json,
      },
    ],
    events: [{ type: 'turn-end', taskId: input.taskId, data: turnEnd }, ...(read.events ?? [])],
    blobs: read.blobs ?? [],
    ...(read.taskResult ? { taskResult: read.taskResult } : {}),
    ...(read.plan ? { plan: read.plan } : {}),
    ...(read.criteria ? { criteria: read.criteria } : {}),
  };
}
