/** Budgets at the doors: only numbers of USD within the limits. */
import { configSchema } from '../../src/core/config.ts';
import { isRaiseBudgetInput, toMicroUsd } from '../../src/core/contracts/budget.ts';
import { goalRequestSchema } from '../../src/core/goal.ts';

const BAD = [0, -1, -0, 1e-9, 100_001, Number.NaN, Number.POSITIVE_INFINITY, '5', null, true, [5]];

describe('budget', () => {
  it.each(BAD)('%p → refused by request, configuration and update', (budgetUsd) => {
    expect(goalRequestSchema.safeParse({ text: 'x', budgetUsd }).success).toBe(false);
    expect(configSchema.safeParse({ goals: { budgetUsd } }).success).toBe(false);
    expect(isRaiseBudgetInput({ budgetUsd, author: 'me' })).toBe(false);
  });

  it.each([0.000_001, 0.29, 0.57, 100_000])('%p → taken, as whole micro-USD', (budgetUsd) => {
    expect(goalRequestSchema.safeParse({ text: 'x', budgetUsd }).success).toBe(true);
    expect(isRaiseBudgetInput({ budgetUsd, author: 'me' })).toBe(true);
    expect(toMicroUsd(budgetUsd)).toBe(Number((budgetUsd * 1_000_000).toFixed(0)));
  });

  it('an update without an author, with one too long, with more members, or no object → refused', () => {
    const inputs = [
      { budgetUsd: 1 },
      { budgetUsd: 1, author: 'x'.repeat(101) },
      { budgetUsd: 1, author: 'a', b: 1 },
      1,
    ];
    expect(inputs.filter(isRaiseBudgetInput)).toEqual([]);
  });
});
