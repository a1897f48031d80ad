/** Budgets: what a person may set, the messages that raise one, money in integers. Sandbox-safe. */

/** Largest budget of a goal, in USD. */
export const MAX_BUDGET_USD = 100_000;
/** Smallest budget, in USD: one micro-USD. */
export const MIN_BUDGET_USD = 0.000_001;
/** Shortest and longest wait for a raise, where one is limited: a second, 30 days. */
export const MIN_BUDGET_WAIT_MS = 1_000;
export const MAX_BUDGET_WAIT_MS = 2_592_000_000;
/** Longest name of an author, in UTF-16 units. */
const MAX_AUTHOR_LENGTH = 100;

/** What happens when the budget is used up: `wait` for somebody to raise it, or end with what is there. */
export type OnBudget = 'wait' | 'partial';

/** Argument of `raiseBudgetUpdate`. */
export interface RaiseBudgetInput {
  /** The new budget of the whole goal, in USD; more than the current one. */
  readonly budgetUsd: number;
  /** Who raises it; 1 to 100 characters. */
  readonly author: string;
}

/** Answer of `raiseBudgetUpdate` and of the activity behind it: the budget that holds now. */
export interface RaiseBudgetResult {
  readonly budgetMicroUsd: number;
}

/** USD as integer micro-USD. */
export function toMicroUsd(usd: number): number {
  return Math.round(usd * 1_000_000);
}

/** Micro-USD as messages show it, e.g. `$0.3000`. */
export function usdText(microUsd: number): string {
  return `$${(microUsd / 1_000_000).toFixed(4)}`;
}

/** Whether `value` is a budget in USD: a number, finite, within the limits. */
export function isBudgetUsd(value: unknown): value is number {
  return typeof value === 'number' && value >= MIN_BUDGET_USD && value <= MAX_BUDGET_USD;
}

/** The shape check of `raiseBudgetUpdate`; by hand, as zod stays out of workflows. Extra members are refused. */
export function isRaiseBudgetInput(value: unknown): value is RaiseBudgetInput {
  if (typeof value !== 'object' || value === null) return false;
  const { budgetUsd, author, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || !isBudgetUsd(budgetUsd)) return false;
  return typeof author === 'string' && author.length > 0 && author.length <= MAX_AUTHOR_LENGTH;
}

/** The account of a goal. */
export function goalAccount(goalId: string): string {
  return `goal/${goalId}`;
}

/** The account of a schedule: what all goals it starts spend. */
export function scheduleAccount(scheduleId: string): string {
  return `schedule/${scheduleId}`;
}

/** The account of a tenant for the month of `at`, in UTC. */
export function tenantAccount(at: Date): string {
  return `tenant/${at.toISOString().slice(0, 7)}`;
}

const SHARED_ACCOUNT = /\b(?:schedule|tenant)\/[A-Za-z0-9][A-Za-z0-9._-]*/;

/** The account of a schedule or tenant that a reason names. */
export function accountIn(reason: string): string | undefined {
  return SHARED_ACCOUNT.exec(reason)?.[0];
}
