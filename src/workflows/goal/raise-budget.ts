/** The update that raises the goal's budget: checked at once, stored, then refused calls are made again. Workflow side. */
import {
  goalAccount,
  isRaiseBudgetInput,
  type RaiseBudgetInput,
  type RaiseBudgetResult,
  toMicroUsd,
} from '../../core/contracts/budget.ts';
import { failure } from '../../core/failures.ts';
import type { GoalRun } from './goal-run.ts';

/** Throws `budget.invalid` unless the new budget is one, and above the current one. */
export function checkRaise(run: GoalRun, raise: unknown): void {
  const { budgetMicroUsd: current } = run.opened.limits;
  if (!isRaiseBudgetInput(raise)) throw failure('budget.invalid', 'budgetUsd or author is not as it should be');
  if (run.closing) throw failure('goal.closed', 'the goal is ending');
  if (current === undefined) throw failure('budget.invalid', 'the goal has no budget');
  if (toMicroUsd(raise.budgetUsd) <= current)
    throw failure('budget.invalid', `the budget is ${current / 1_000_000} USD already`);
}

/** Raises the budget. Who asked for it to be raised so far has the answer. */
export async function raiseBudget(run: GoalRun, { budgetUsd, author }: RaiseBudgetInput): Promise<RaiseBudgetResult> {
  const result = await store(run, { budgetMicroUsd: toMicroUsd(budgetUsd) });
  const asked = run.approvals.open.find(({ budget }) => budget?.account === goalAccount(run.input.goalId));
  if (asked?.budget && asked.budget.leastMicroUsd <= result.budgetMicroUsd)
    run.approvals.decide({ ...asked, verdict: 'approve', author });
  goOn(run, { ...result, author });
  return result;
}

/** A person approved it. A repeat is harmless: the store never lowers a limit. */
export async function raiseAccount(
  run: GoalRun,
  { author, ...raise }: { readonly account: string; readonly budgetMicroUsd: number; readonly author: string },
): Promise<void> {
  const { account, budgetMicroUsd } = raise;
  const above = account === goalAccount(run.input.goalId) ? {} : { account };
  const result = await store(run, { budgetMicroUsd, ...above });
  goOn(run, { ...result, author, ...above });
}

/** Raises the account, the goal's own unless it is named. */
function store(
  run: GoalRun,
  raise: { readonly budgetMicroUsd: number; readonly account?: string },
): Promise<RaiseBudgetResult> {
  const { goalId, tenant } = run.input;
  return run.lane.run(() => run.proxies.goal.raiseGoalBudget({ goalId, tenant, ...raise }));
}

function goOn(
  run: GoalRun,
  raised: { readonly budgetMicroUsd: number; readonly author: string; readonly account?: string },
): void {
  const { budgetMicroUsd, account } = raised;
  if (account === undefined) run.opened = { ...run.opened, limits: { ...run.opened.limits, budgetMicroUsd } };
  run.outbox.emit('budget-raised', raised);
  run.budget.raised();
}
