/** One model call, paid at most once: journal, breaker, budget, request, interpretation, one transaction. Activity side. */
import { Context } from '@temporalio/activity';
import type { ModelActivities } from '../core/contracts/activities.ts';
import type { CallModelInput, CallModelResult } from '../core/contracts/calls.ts';
import { callKey } from '../core/contracts/ids.ts';
import { failure } from '../core/failures.ts';
import type { Claude, ClaudeAnswer } from '../integrations/claude/client.ts';
import { classifyClaudeError } from '../integrations/claude/errors.ts';
import { toUsage } from '../integrations/claude/usage.ts';
import { countFailedRequest, countPaidCall } from '../monitoring/metrics.ts';
import type { FinishedCall, NewEvent } from '../store/store.ts';
import type { ToolCatalog } from '../tools/catalog.ts';
import type { CallBound } from './admit-call.ts';
import { createAttempts } from './attempts.ts';
import type { Permit } from './capacity.ts';
import type { CallContext } from './context/call-context.ts';
import { loadContext } from './context/load-context.ts';
import { publishDeltas } from './deltas.ts';
import { type EnterDeps, enterCall, exhausted } from './enter-call.ts';
import type { FairTurns } from './fair-turns.ts';
import { finishCall } from './finish-call.ts';
import type { HaltWatch } from './halt-watch.ts';
import { overflowAnswer } from './overflow.ts';
import type { Pinned } from './pinned.ts';
import { recordPaid } from './record-paid.ts';
import { retryDelayMs } from './retry-delay.ts';

/** What model calls need. */
export interface ModelDeps extends EnterDeps {
  readonly pinned: Pinned;
  readonly catalog: ToolCatalog;
  readonly claude: Claude;
  readonly halts: HaltWatch;
  /** In which order calls of many goals begin. */
  readonly turns: FairTurns;
}

/** Activities of `model` workers. */
export function createModelActivities(deps: ModelDeps): ModelActivities {
  const attempts = createAttempts();
  return {
    callModel: (input) => {
      const inTurn = (signal: AbortSignal) =>
        deps.turns.run(input.goalId, signal, (prepared) => callModel(deps, input, { signal, prepared }));
      return attempts.run(input, (signal) => deps.halts.guard(input, signal, inTurn));
    },
  };
}

/** The call's turn: `prepared` says that all before its request is done. */
interface Turn {
  readonly signal: AbortSignal;
  readonly prepared: () => void;
}

async function callModel(deps: ModelDeps, input: CallModelInput, turn: Turn): Promise<CallModelResult> {
  const { signal } = turn;
  const ready = await prepare(deps, input, signal);
  turn.prepared();
  if (ready.recorded) return ready.recorded;
  const { context, permit, bound } = ready;
  const sending = { signal, permit, attempt: bound.attempt };
  const { answer, liveText } = await send(deps, context, sending).catch(async (error: unknown) => {
    const overflow = await overflowAnswer(deps.claude, context, { error, signal });
    if (overflow) return { answer: overflow, liveText: '' };
    throw error;
  });
  await permit.answered(toUsage(answer.message.usage));
  const finished: FinishedCall = { ...finishCall(context, bound, answer), liveText };
  const result = await recordPaid(deps.store, finished, signal);
  if (!result.recorded) countPaidCall(Context.current().metricMeter, input.purpose, result);
  return result;
}

/** A call whose request may be sent. */
interface Prepared {
  readonly recorded?: undefined;
  readonly context: CallContext;
  readonly permit: Permit;
  readonly bound: CallBound;
}

/** All that comes before the request is sent. */
async function prepare(
  deps: ModelDeps,
  input: CallModelInput,
  signal: AbortSignal,
): Promise<Prepared | { readonly recorded: CallModelResult }> {
  let context: CallContext;
  try {
    context = await loadContext(deps, input);
  } catch (error) {
    return { recorded: await knownAnswer(deps, input, error) };
  }
  const entered = await enterCall(deps, context, { signal, events: startEvents(input) });
  return entered.recorded ? entered : { context, ...entered };
}

/** A call that was answered needs no context: what is amiss with it now does not matter any more. */
async function knownAnswer({ store }: ModelDeps, input: CallModelInput, error: unknown): Promise<CallModelResult> {
  const known = await store.journal.lookUp(input);
  if (known.state === 'recorded') return known.result;
  throw error;
}

/** The events of a call's first request: the first turn of a task is its start. */
export function startEvents({ purpose, taskId, revision, turn, agent }: CallModelInput): NewEvent[] {
  if (purpose !== 'task' || turn !== 1) return [];
  return [{ type: 'task-start', taskId, data: { agent, revision } }];
}

/** One execution of the activity, while its request may be in flight. */
interface Sending {
  readonly signal: AbortSignal;
  readonly permit: Permit;
  readonly attempt: string;
}

/** An answer, and the end of its text, which is published with the record. */
interface Answered {
  readonly answer: ClaudeAnswer;
  readonly liveText: string;
}

async function send(deps: ModelDeps, context: CallContext, sending: Sending): Promise<Answered> {
  const { signal, permit, attempt } = sending;
  const { input } = context;
  let billed = false;
  const deltas = publishDeltas(deps.store, input.goalId, input.taskId);
  try {
    signal.throwIfAborted();
    billed = true;
    const listeners = { onText: deltas.add, onLimits: permit.told };
    const answer = await deps.claude.send(context.request, { callKey: callKey(input), signal, ...listeners });
    return { answer, liveText: deltas.stop() };
  } catch (error) {
    deltas.flush();
    if (!signal.aborted) throw await failed(deps, context, { error, sending });
    permit.unused();
    // The store is away: the goal's next call of this task, its end or a sweep does it.
    await deps.store.journal.abandon(input, { attempt, billed }).catch(() => undefined);
    throw error;
  }
}

/** Writes the failed request down and turns it into the failure that says whether and when to try again. */
async function failed(
  deps: ModelDeps,
  { input, model }: CallContext,
  { error, sending: { attempt, permit } }: { error: unknown; sending: Sending },
): Promise<Error> {
  const known = classifyClaudeError(error);
  const { type, message, counts, billed } = known;
  countFailedRequest(Context.current().metricMeter, { model, type, billed });
  const { failures } = await deps.store.journal.fail(input, { type, message, counts, attempt, billed });
  // Attempts that found no room are no failures.
  const backOffMs = retryDelayMs(known, { attempt: Math.max(1, failures), probeIntervalMs: deps.probeIntervalMs });
  const delayMs = await permit.failed(known, backOffMs);
  if (known.retryable && counts && failures >= deps.maxFailures) return exhausted(failures, `${type}: ${message}`);
  return failure(type, message, known.retryable ? { nextRetryDelayMs: delayMs } : {});
}
