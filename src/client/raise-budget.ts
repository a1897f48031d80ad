/** Raising a goal's budget: checked here, decided by the goal's workflow. Host side. */
import { isRaiseBudgetInput, MAX_BUDGET_USD, type RaiseBudgetResult } from '../core/contracts/budget.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import type { ClientParts } from './client-parts.ts';
import { openGoal } from './control-goal.ts';

/** What a caller gives. `author` (default `client`) is written into the goal's story. */
export interface BudgetRaise {
  readonly budgetUsd: number;
  readonly author?: string;
}

/** Sets a higher budget and lets the goal go on. Errors: `budget.invalid`, `goal.closed`, `goal.not-found`. */
export async function raiseGoalBudget(
  parts: ClientParts,
  goalId: string,
  raise: BudgetRaise,
): Promise<RaiseBudgetResult> {
  const input = { author: 'client', ...raise };
  if (!isRaiseBudgetInput(input)) {
    const limit = `a number of USD above 0, at most ${MAX_BUDGET_USD}`;
    throw new OrchestratorError(
      'budget.invalid',
      `The budget is not ${limit}, or the author not 1 to 100 characters.`,
      {
        remedy: FAILURES['budget.invalid'].remedy,
      },
    );
  }
  await openGoal(parts, goalId);
  const result = await parts.workflows.raiseBudget(goalId, input);
  if (result !== 'gone') return result;
  // It has ended meanwhile, or it never started.
  await openGoal(parts, goalId);
  throw new OrchestratorError('goal.lost', `Goal ${goalId} has no workflow in Temporal.`, {
    remedy: 'Resume it, then raise its budget.',
  });
}
