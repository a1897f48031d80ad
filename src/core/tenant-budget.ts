/** The limit of a tenant's calendar month, from the configuration. Host side. */
import type { Config } from './config.ts';
import { toMicroUsd } from './contracts/budget.ts';

/** The limit, and the share of it at which a warning is given. */
export interface TenantBudget {
  readonly capMicroUsd: number;
  readonly warnShare: number;
}

/** The tenant's limit; undefined when there is none. */
export function tenantBudgetOf({ budgets }: Pick<Config, 'budgets'>): TenantBudget | undefined {
  const { tenantMonthlyUsd, tenantWarnShare: warnShare } = budgets;
  return tenantMonthlyUsd === undefined ? undefined : { capMicroUsd: toMicroUsd(tenantMonthlyUsd), warnShare };
}
