/** The update that raises the goal's budget: checked at once, stored, then refused calls are made again. Workflow side. */
import {
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

/** Raises the budget. A repeat is harmless: the store never lowers it. */
export async function raiseBudget(run: GoalRun, { budgetUsd, author }: RaiseBudgetInput): Promise<RaiseBudgetResult> {
  const { goalId, tenant } = run.input;
  const result = await run.proxies.goal.raiseGoalBudget({ goalId, tenant, budgetMicroUsd: toMicroUsd(budgetUsd) });
  const { budgetMicroUsd } = result;
  run.opened = { ...run.opened, limits: { ...run.opened.limits, budgetMicroUsd } };
  // The last number is that of `goal-end`.
  if (!run.closing) run.outbox.emit('budget-raised', { budgetMicroUsd, author });
  run.budget.raised();
  return result;
}
