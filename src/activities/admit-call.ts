/** Lets a request be sent: holds the price that it can have at most, or refuses what a budget does not hold. Activity side. */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { usdText } from '../core/contracts/budget.ts';
import type { CallModelResult } from '../core/contracts/calls.ts';
import type { Usage } from '../core/contracts/usage.ts';
import { failure } from '../core/failures.ts';
import type { TenantBudget } from '../core/tenant-budget.ts';
import type { Claude } from '../integrations/claude/client.ts';
import { classifyClaudeError } from '../integrations/claude/errors.ts';
import { priceUsage } from '../integrations/claude/prices.ts';
import type { Admission, BudgetRefusal, CallRequest } from '../store/admission.ts';
import type { NewEvent, Store } from '../store/store.ts';
import type { CallContext } from './context/call-context.ts';
import { retryDelayMs } from './retry-delay.ts';

/** What admitting needs. */
export interface AdmitDeps {
  readonly store: Pick<Store, 'journal'>;
  readonly claude: Pick<Claude, 'countTokens'>;
  readonly probeIntervalMs: number;
  /** Absent: the tenant has no monthly limit. */
  readonly tenantBudget?: TenantBudget;
}

/** An admitted request: who sends it, and the tightest bound it was held to. */
export interface CallBound {
  readonly attempt: string;
  readonly worstUsage: Usage;
  readonly worstMicroUsd: number;
  /** At the price of batches. */
  readonly batch?: true;
}

/** `recorded`: another attempt has made the call meanwhile. */
export type Admitted =
  | { readonly recorded: CallModelResult }
  | { readonly recorded?: undefined; readonly bound: CallBound };

/** The API says that a count may differ a little from what is billed: 5 %, and 500 tokens for what it adds by itself. */
const COUNT_FACTOR = 1.05;
const COUNT_ADDED = 500;
/** Longest wait for money that other goals' calls in flight hold. */
const MAX_BUSY_MS = 30_000;

/** How a call is admitted. */
export interface AdmitOptions {
  readonly signal: AbortSignal;
  /** Appended at the call's first request. */
  readonly events: readonly NewEvent[];
  readonly batch?: true;
  /** Asks for the first time; `journal.admit` unless more is decided in the same round trip. */
  readonly door?: (request: CallRequest) => Promise<Admission>;
}

/**
 * Holds the price of the call's worst usage. When that does not fit, the API's own count is the bound; when that does
 * not fit either, throws `budget.exhausted`, or `budget.busy` when it would but for calls of other goals in flight.
 */
export async function admitCall(
  deps: AdmitDeps,
  context: CallContext,
  { signal, door, ...how }: AdmitOptions,
): Promise<Admitted> {
  const { worstUsage } = context;
  const wish: Wish = { attempt: randomUUID(), worstUsage, ...how };
  const first = await ask(deps, context, { ...wish, ...(door ? { door } : {}) });
  if (first.admission.state !== 'refused') return admitted(context, first);
  const output = priceUsage(
    context.model,
    { ...worstUsage, cacheWrite1hTokens: 0 },
    { at: new Date(), ...batchOf(wish) },
  );
  if (output > free(first.admission)) throw refused(first, first.admission, output);
  const second = await ask(deps, context, { ...wish, worstUsage: await countedUsage(deps, context, signal) });
  const least = second.bound.worstMicroUsd;
  if (second.admission.state === 'refused') throw refused(second, second.admission, least);
  return admitted(context, second);
}

interface Wish extends Pick<AdmitOptions, 'events' | 'batch' | 'door'> {
  readonly attempt: string;
  readonly worstUsage: Usage;
}

interface Asked {
  readonly admission: Admission;
  readonly bound: CallBound;
}

async function ask({ store, tenantBudget }: AdmitDeps, { input, model }: CallContext, wish: Wish): Promise<Asked> {
  const { attempt, worstUsage, events, door = (request) => store.journal.admit(input, request) } = wish;
  const worstMicroUsd = priceUsage(model, worstUsage, { at: new Date(), ...batchOf(wish) });
  const admission = await door({ attempt, worstMicroUsd, events, ...(tenantBudget ? { tenantBudget } : {}) });
  return { admission, bound: { attempt, worstUsage, worstMicroUsd, ...batchOf(wish) } };
}

function batchOf({ batch }: Pick<Wish, 'batch'>): { readonly batch?: true } {
  return batch ? { batch } : {};
}

function admitted({ input }: CallContext, { admission, bound }: Asked): Admitted {
  if (admission.state === 'closed') throw failure('goal.closed', `Goal ${input.goalId} has ended.`);
  return admission.state === 'recorded' ? { recorded: admission.result } : { bound };
}

/** The bound with the API's count of the input, where that is less. */
async function countedUsage(deps: AdmitDeps, context: CallContext, signal: AbortSignal): Promise<Usage> {
  const { worstUsage } = context;
  const counted = await countTokens(deps, context, signal);
  const inputTokens = Math.ceil(counted * COUNT_FACTOR) + COUNT_ADDED;
  return { ...worstUsage, cacheWrite1hTokens: Math.min(worstUsage.cacheWrite1hTokens, inputTokens) };
}

async function countTokens(deps: AdmitDeps, { request }: CallContext, signal: AbortSignal): Promise<number> {
  try {
    return await deps.claude.countTokens(request, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const known = classifyClaudeError(error);
    const { attempt } = Context.current().info;
    const nextRetryDelayMs = retryDelayMs(known, { attempt, probeIntervalMs: deps.probeIntervalMs });
    throw failure(known.type, known.message, known.retryable ? { nextRetryDelayMs } : {});
  }
}

function free({ capMicroUsd, settledMicroUsd, reservedMicroUsd }: BudgetRefusal): number {
  return capMicroUsd - settledMicroUsd - reservedMicroUsd;
}

/**
 * Names the account that does not hold the call. The workflow knows when its own calls end, but not those of other goals:
 * while they hold what the call needs at `least`, the attempt is made again.
 */
function refused({ bound }: Asked, refusal: BudgetRefusal, least: number): Error {
  const { account, capMicroUsd, settledMicroUsd, reservedMicroUsd, othersMicroUsd } = refusal;
  const neededMicroUsd = bound.worstMicroUsd;
  const left = `${account} has ${usdText(Math.max(0, free(refusal)))} of ${usdText(capMicroUsd)} left`;
  const message = `the next call may cost ${usdText(neededMicroUsd)}, ${left}`;
  const details = { account, capMicroUsd, settledMicroUsd, reservedMicroUsd, neededMicroUsd };
  if (othersMicroUsd === 0 || settledMicroUsd + least > capMicroUsd)
    return failure('budget.exhausted', message, { details });
  return failure('budget.busy', message, { details, nextRetryDelayMs: busyDelayMs() });
}

/** 1 s × 2^(attempt − 1) up to the limit, the half of it at random. */
function busyDelayMs(): number {
  const { attempt } = Context.current().info;
  const ceiling = Math.min(MAX_BUSY_MS, 1_000 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}
