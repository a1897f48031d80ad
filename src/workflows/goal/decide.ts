/** The update by which a person decides a work item; approving more money raises the account before it answers. Workflow side. */
import { type DecideInput, type DecideResult, isDecideInput } from '../../core/contracts/approvals.ts';
import { MAX_BUDGET_USD, toMicroUsd } from '../../core/contracts/budget.ts';
import type { BudgetAsk } from '../../core/contracts/budget-ask.ts';
import { failure } from '../../core/failures.ts';
import { itemOf } from './approve-plan.ts';
import type { GoalRun } from './goal-run.ts';
import { raiseAccount } from './raise-budget.ts';

/** Throws what a verdict that cannot be one gets. */
export function checkDecision(run: GoalRun, input: unknown): void {
  if (!isDecideInput(input)) throw failure('control.invalid', 'the decision is not as it should be');
  if (run.closing) throw failure('goal.closed', 'the goal is ending');
  run.approvals.check(input);
  const { waitingPlan } = run;
  if (waitingPlan?.editing && input.itemId === itemOf(waitingPlan.skeleton))
    throw failure('control.busy', 'an edit of the plan is being applied');
  const asked = openAsk(run, input);
  if (asked && input.verdict === 'approve') checkRaise(asked, input);
  else if (!asked && input.budgetUsd !== undefined && isOpen(run, input))
    throw failure('control.invalid', 'no budget is asked for there');
}

function checkRaise(asked: BudgetAsk, input: DecideInput): void {
  const { account, leastMicroUsd } = asked;
  if (limitOf(asked, input) < leastMicroUsd)
    throw failure('budget.invalid', `${account} needs at least ${leastMicroUsd / 1_000_000} USD`);
  if (limitOf(asked, input) > toMicroUsd(MAX_BUDGET_USD))
    throw failure('budget.invalid', `a budget is at most ${MAX_BUDGET_USD} USD`);
}

/** The first verdict holds; a later one is told which. */
export function decide(run: GoalRun, input: DecideInput): DecideResult | Promise<DecideResult> {
  const asked = openAsk(run, input);
  const result = run.approvals.decide(input);
  if (!asked || result.verdict !== 'approve') return result;
  const raise = { account: asked.account, budgetMicroUsd: limitOf(asked, input), author: input.author };
  return raiseAccount(run, raise).then(() => result);
}

function limitOf({ raiseToMicroUsd }: BudgetAsk, { budgetUsd }: DecideInput): number {
  return budgetUsd === undefined ? raiseToMicroUsd : toMicroUsd(budgetUsd);
}

function openAsk(run: GoalRun, { itemId }: DecideInput): BudgetAsk | undefined {
  return run.approvals.open.find((item) => item.itemId === itemId)?.budget;
}

function isOpen(run: GoalRun, { itemId }: DecideInput): boolean {
  return run.approvals.open.some((item) => item.itemId === itemId);
}
