/** Room for model calls: what a request needs by estimate, whether it may go, and what its answer teaches. Activity side. */
import { DEFAULT_PRIORITY } from '../core/contracts/limits.ts';
import type { Usage } from '../core/contracts/usage.ts';
import { failure } from '../core/failures.ts';
import type { ClaudeFailure } from '../integrations/claude/errors.ts';
import type {
  CapacityCall,
  CapacityLimits,
  CapacityPass,
  CapacityPlace,
  CapacityRules,
  ToldLimits,
} from '../store/capacity-types.ts';
import type { Store } from '../store/store.ts';
import { createCapacityNotes } from './capacity-notes.ts';
import type { CallContext } from './context/call-context.ts';
import type { Pinned } from './pinned.ts';
import { countedInput, createEstimates } from './token-estimates.ts';

/** What decides on room besides the store. */
export interface CapacitySettings {
  readonly probeIntervalMs: number;
  /** Limits that are set for a model. */
  limitsOf(model: string): CapacityLimits;
  /** A tenant's share against other tenants'. */
  weightOf(tenant: string): number;
}

/** Leave to send one request. */
export interface Permit {
  /** Headers of the answer, good or bad; costs the call nothing. */
  told(limits: ToldLimits): void;
  /** The request was answered. Usage that the answer leaves out is taken as estimated. */
  answered(usage: Usage | undefined): Promise<void>;
  /** The request failed; gives the ms until its next attempt, `delayMs` unless the limits explain the failure. */
  failed(known: ClaudeFailure, delayMs: number): Promise<number>;
  /** The request was not sent after all. */
  unused(): void;
}

/** What is asked for: room for a call, by the rules of its model. */
export interface CapacityWish {
  readonly call: CapacityCall;
  readonly rules: CapacityRules;
}

/** Room for model calls, shared through the store by all workers. */
export interface Capacity {
  /** What a call needs, by estimate. */
  wish(context: CallContext): Promise<CapacityWish>;
  /** Room was taken. */
  entered(context: CallContext, call: CapacityCall, pass: CapacityPass): Promise<Permit>;
  /** There was none: gives the failure that ends the attempt, `model.no-capacity`, so that it holds no slot while it waits. */
  refused(call: CapacityCall, place: CapacityPlace): Promise<Error>;
}

/** Probe intervals that the breaker stays open after the last failure, unless a probe succeeds: more than one, or all would go with the next probe. */
const HELD_INTERVALS = 12;
/** Failures in a row that open the breaker: one when the model says that it is overloaded. */
const TOLERATED = { overload: 1, limited: 3, serverError: 10 } as const;
const AGAIN_MS = 1_000;

/** What room is decided with. */
interface Parts {
  readonly store: Store;
  readonly pinned: Pinned;
  readonly settings: CapacitySettings;
  readonly notes: ReturnType<typeof createCapacityNotes>;
  readonly estimates: ReturnType<typeof createEstimates>;
}

/** Room over `store`. What is learned of tokens is kept per process, limits and what is left of them in the store. */
export function createCapacity(deps: { store: Store; pinned: Pinned }, settings: CapacitySettings): Capacity {
  const parts = { ...deps, settings, notes: createCapacityNotes(deps.store), estimates: createEstimates() };
  return {
    wish: async (context) => {
      const call = await callOf(parts, context);
      return { call, rules: { probeIntervalMs: settings.probeIntervalMs, limits: settings.limitsOf(call.model) } };
    },
    entered: (context, call, pass) => entered(parts, context, { call, ...pass }),
    refused: (call, place) => refused(parts, call, place),
  };
}

async function entered(parts: Parts, context: CallContext, taken: Taken): Promise<Permit> {
  const { tenant, goalId } = taken.call.id;
  if (taken.calm) {
    const event = { type: 'awaiting-end', data: { awaiting: 'capacity' } } as const;
    await parts.store.events.append(tenant, goalId, [event]);
  }
  return permitFor(parts, context, taken);
}

async function refused(parts: Parts, call: CapacityCall, { retryInMs, announce }: CapacityPlace): Promise<Error> {
  if (announce) await showWaiting(parts, call);
  const message = `${call.model} has no room now: its limits are reached, or it is overloaded`;
  return failure('model.no-capacity', message, { nextRetryDelayMs: retryInMs });
}

async function callOf({ pinned, settings, estimates }: Parts, context: CallContext): Promise<CapacityCall> {
  const { input, model, request } = context;
  const { priority = DEFAULT_PRIORITY } = await pinned.request(input.tenant, input.goalId);
  return { model, id: input, priority, weight: settings.weightOf(input.tenant), ...estimates.estimate(request) };
}

async function showWaiting({ store }: Parts, { id, model }: CapacityCall): Promise<void> {
  const reason = `${model} has no room: its limits are reached, or it is overloaded`;
  await store.events.append(id.tenant, id.goalId, [{ type: 'awaiting', data: { awaiting: 'capacity', reason } }]);
}

/** Room that a call has. */
type Taken = CapacityPass & { readonly call: CapacityCall };

function permitFor(parts: Parts, { request }: CallContext, { call, probe, watched }: Taken): Permit {
  const { store, notes, estimates } = parts;
  const { model, inputTokens, outputTokens } = call;
  const knewLimits = notes.knows(model);
  let told: ToldLimits = {};
  let open = watched;
  /** Corrects the estimate, once. */
  const used = (input: number, output: number, answered: boolean) => {
    const more = { moreInputTokens: input - inputTokens, moreOutputTokens: output - outputTokens };
    if (open) notes.used(model, { ...more, answered });
    open = false;
  };
  return {
    told(limits) {
      told = limits;
      notes.told(model, limits);
    },
    async answered(usage) {
      if (usage) estimates.learn(request, usage);
      used(usage ? countedInput(usage) : inputTokens, usage?.outputTokens ?? outputTokens, true);
      // Best effort: the answer is paid for, and the next probe does it as well.
      if (probe) await store.capacity.clear(model).catch(() => undefined);
    },
    failed(known, delayMs) {
      used(0, 0, false);
      const usedUp = known.type === 'model.rate-limited' && isUsedUp(told, call);
      return afterFailure(parts, call, { known, delayMs, usedUp, knewLimits });
    },
    unused: () => used(0, 0, false),
  };
}

interface Failed {
  readonly known: ClaudeFailure;
  readonly delayMs: number;
  /** The headers say that a limit was used up. */
  readonly usedUp: boolean;
  /** The request was sent under limits. */
  readonly knewLimits: boolean;
}

async function afterFailure(parts: Parts, call: CapacityCall, failed: Failed): Promise<number> {
  const { known, usedUp, delayMs } = failed;
  const { capacity } = parts.store;
  const tolerated = toleratedFailures(failed);
  if (tolerated !== undefined) {
    const holdMs = Math.max(delayMs, HELD_INTERVALS * parts.settings.probeIntervalMs);
    await capacity.strike(call.model, { holdMs, tolerated });
  }
  const againMs = Math.ceil(usedUp ? (known.delayMs ?? AGAIN_MS) + Math.random() * AGAIN_MS : delayMs);
  if (known.overload && (await capacity.wait(call, againMs)).announce) await showWaiting(parts, call);
  return againMs;
}

/** Failures in a row that open the breaker; undefined when this one says nothing against the model. */
function toleratedFailures({ known, usedUp, knewLimits }: Failed): number | undefined {
  if (known.type === 'model.server-error') return TOLERATED.serverError;
  if (!known.overload) return undefined;
  if (!usedUp) return TOLERATED.overload;
  // Sent before the limits were known: the buckets hold back what comes now.
  return knewLimits ? TOLERATED.limited : undefined;
}

/** Whether the headers say that there is not enough left for the request. */
function isUsedUp({ requests, inputTokens, outputTokens }: ToldLimits, call: CapacityCall): boolean {
  return (
    requests?.remaining === 0 ||
    outputTokens?.remaining === 0 ||
    (inputTokens !== undefined && inputTokens.remaining < call.inputTokens)
  );
}
