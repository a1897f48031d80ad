/** Raising a goal's budget: checked here, decided by the goal's workflow. Host side. */
import { z } from 'zod';
import { goalAccount, type RaiseBudgetResult, toMicroUsd } from '../core/contracts/budget.ts';
import { raiseBudgetUpdate } from '../core/contracts/messages.ts';
import { tellGoalsUnder } from './budget-accounts.ts';
import type { ClientParts } from './client-parts.ts';
import { authorField, budgetField, checkInput } from './input-door.ts';
import { tellGoal } from './tell-goal.ts';

const raiseSchema = z.strictObject({ budgetUsd: budgetField, author: authorField });

/** What a caller gives. `author` (default `client`) is written into the goal's story. */
export type BudgetRaise = z.input<typeof raiseSchema>;

/** Sets a higher budget and lets the goal and those below it go on. Errors: `budget.invalid`, `goal.closed`, `goal.not-found`. */
export async function raiseGoalBudget(
  parts: ClientParts,
  goalId: string,
  raise: BudgetRaise,
): Promise<RaiseBudgetResult> {
  const input = checkInput(raiseSchema, raise, { what: 'The budget', code: 'budget.invalid' });
  const wished = toMicroUsd(input.budgetUsd);
  const result = await tellGoal(parts, goalId, {
    update: raiseBudgetUpdate,
    input,
    isBehind: (refusal, { budget }) =>
      refusal === 'budget.invalid' && budget !== undefined && budget.capMicroUsd < wished,
  });
  await tellGoalsUnder(parts, goalAccount(goalId), goalId);
  return result;
}
