/** Holds the price that a call can have at most, before it is sent; refuses what the goal's budget does not hold. Activity side. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Usage } from '../core/contracts/usage.ts';
import { failure } from '../core/failures.ts';
import type { Claude } from '../integrations/claude/client.ts';
import { classifyClaudeError } from '../integrations/claude/errors.ts';
import { priceUsage } from '../integrations/claude/prices.ts';
import type { BudgetGrant, Store } from '../store/store.ts';
import type { CallContext } from './context/call-context.ts';
import { retryDelayMs } from './retry-delay.ts';

/** What reserving needs. */
export interface BudgetDeps {
  readonly store: Pick<Store, 'budget'>;
  readonly claude: Pick<Claude, 'countTokens'>;
  readonly probeIntervalMs: number;
}

/** The tightest bound a call was held to; `reservedMicroUsd` is absent when its goal has no budget. */
export interface CallBound {
  readonly worstUsage: Usage;
  readonly reservedMicroUsd?: number;
}

/** The API says that a count may differ a little from what is billed: 5 %, and 500 tokens for what it adds by itself. */
const COUNT_FACTOR = 1.05;
const COUNT_ADDED = 500;

/**
 * Reserves the price of the call's worst usage. When that does not fit, the API's own count is the bound; when that does
 * not fit either, throws `budget.exhausted`. Goals without a budget cost nothing here.
 */
export async function reserveBudget(deps: BudgetDeps, context: CallContext, signal: AbortSignal): Promise<CallBound> {
  const { worstUsage } = context;
  if (context.answer.snapshot.limits.budgetMicroUsd === undefined) return { worstUsage };
  const first = await reserve(deps, context, worstUsage);
  if (first.grant.granted) return first.bound;
  const output = priceUsage(context.model, { ...worstUsage, cacheWrite1hTokens: 0 }, new Date());
  if (output > free(first.grant)) throw exhausted(first);
  const second = await reserve(deps, context, await countedUsage(deps, context, signal));
  if (second.grant.granted) return second.bound;
  throw exhausted(second);
}

/** Gives back what the call held after it failed for good or was cancelled; what is tried again keeps it. */
export async function releaseBudget(
  { store }: Pick<BudgetDeps, 'store'>,
  { input }: CallContext,
  error: unknown,
): Promise<void> {
  const { cancellationSignal } = Context.current();
  const final = error instanceof ApplicationFailure && error.nonRetryable === true;
  // The store is away: the goal's next call of this task, or its end, gives it back.
  if (final || cancellationSignal.aborted) await store.budget.release(input).catch(() => undefined);
}

interface Attempt {
  readonly grant: BudgetGrant;
  readonly bound: Required<CallBound>;
}

async function reserve({ store }: BudgetDeps, { input, model }: CallContext, worstUsage: Usage): Promise<Attempt> {
  const reservedMicroUsd = priceUsage(model, worstUsage, new Date());
  const grant = await store.budget.reserve(input, reservedMicroUsd);
  if (grant.warns) await store.budget.warn(input.tenant, input.goalId);
  return { grant, bound: { worstUsage, reservedMicroUsd } };
}

/** The bound with the API's count of the input, where that is less. */
async function countedUsage(deps: BudgetDeps, context: CallContext, signal: AbortSignal): Promise<Usage> {
  const { worstUsage } = context;
  const counted = await countTokens(deps, context, signal);
  const inputTokens = Math.ceil(counted * COUNT_FACTOR) + COUNT_ADDED;
  return { ...worstUsage, cacheWrite1hTokens: Math.min(worstUsage.cacheWrite1hTokens, inputTokens) };
}

async function countTokens(deps: BudgetDeps, { request }: CallContext, signal: AbortSignal): Promise<number> {
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

function free({ capMicroUsd, settledMicroUsd, reservedMicroUsd }: BudgetGrant): number {
  return capMicroUsd - settledMicroUsd - reservedMicroUsd;
}

function exhausted({ grant, bound }: Attempt): Error {
  const { capMicroUsd, settledMicroUsd } = grant;
  const needed = bound.reservedMicroUsd;
  const usd = (microUsd: number) => `$${(microUsd / 1_000_000).toFixed(4)}`;
  const message = `the next call may cost ${usd(needed)}, of ${usd(capMicroUsd)} are ${usd(Math.max(0, free(grant)))} left`;
  return failure('budget.exhausted', message, {
    details: { capMicroUsd, settledMicroUsd, reservedMicroUsd: grant.reservedMicroUsd, neededMicroUsd: needed },
  });
}
