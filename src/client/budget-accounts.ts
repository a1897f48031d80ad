/** Budgets above the goals, of the tenant's months and of schedules: shown, and raised so that waiting goals go on. Host side. */
import { z } from 'zod';
import { tenantAccount, toMicroUsd } from '../core/contracts/budget.ts';
import { budgetRaisedSignal } from '../core/contracts/messages.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import type { BudgetAccount, CappedAccount } from '../core/goal.ts';
import type { ClientParts } from './client-parts.ts';
import { budgetField, checkInput, quoted } from './input-door.ts';

/** `tenant` is short for the account of this month. */
const ACCOUNT = /^(?:tenant|tenant\/\d{4}-\d{2}|schedule\/[A-Za-z0-9][A-Za-z0-9._-]{0,199})$/;
/** Goals that are told at once. */
const TOLD_AT_ONCE = 10;

const raiseSchema = z.strictObject({ budgetUsd: budgetField });

/** The new limit of an account. */
export type AccountRaise = z.input<typeof raiseSchema>;

/** The accounts above the goals, newest month first; this month's of a limited tenant also before anything was spent. */
export async function listBudgets(parts: ClientParts): Promise<readonly BudgetAccount[]> {
  const accounts = await parts.store.budget.list(parts.tenant);
  const month = tenantAccount(new Date());
  const { tenantBudget } = parts;
  if (!tenantBudget || accounts.some(({ account }) => account === month)) return accounts;
  const unused = { settledMicroUsd: 0, reservedMicroUsd: 0, unknownMicroUsd: 0 };
  return [{ account: month, parent: null, capMicroUsd: tenantBudget.capMicroUsd, ...unused }, ...accounts];
}

/**
 * Sets a higher limit and lets the goals go on that wait for it; the same limit again only tells the goals. Errors:
 * `budget.invalid` (no such account, no limit, not higher), `temporal.unavailable` (the limit is raised, not all are told).
 */
export async function raiseAccount(parts: ClientParts, name: string, raw: AccountRaise): Promise<CappedAccount> {
  const { store, tenant, tenantBudget } = parts;
  if (typeof name !== 'string' || !ACCOUNT.test(name))
    throw invalid(`${quoted(name)} names no account above the goals`);
  const { budgetUsd } = checkInput(raiseSchema, raw, { what: 'The budget', code: 'budget.invalid' });
  const month = tenantAccount(new Date());
  const account = name === 'tenant' ? month : name;
  if (account === month && tenantBudget) await store.budget.openAccount(tenant, { account, ...tenantBudget });
  const wished = toMicroUsd(budgetUsd);
  const raised = await store.budget.raise(tenant, account, wished);
  if (!raised) throw invalid(`${account} has no limit`);
  if (raised.capMicroUsd > wished) throw invalid(`${account} may spend $${raised.capMicroUsd / 1_000_000} already`);
  await tellGoalsUnder(parts, account);
  return raised;
}

/** Lets the goals that spend from an account make their refused calls again; `told`: one that knows. */
export async function tellGoalsUnder(parts: ClientParts, account: string, told?: string): Promise<void> {
  const goalIds = (await parts.store.budget.goalsUnder(parts.tenant, account)).filter((goalId) => goalId !== told);
  for (let at = 0; at < goalIds.length; at += TOLD_AT_ONCE) {
    const some = goalIds.slice(at, at + TOLD_AT_ONCE);
    await Promise.all(some.map((goalId) => parts.workflows.signal(goalId, budgetRaisedSignal)));
  }
}

function invalid(what: string): OrchestratorError {
  return new OrchestratorError('budget.invalid', `The budget is refused: ${what}.`, {
    remedy: FAILURES['budget.invalid'].remedy,
  });
}
