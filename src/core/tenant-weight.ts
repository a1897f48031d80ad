/** A tenant's share of what there is not enough of. Pure. */
import type { Config } from './config.ts';

/** Weight of each tenant; 1 for those that the configuration does not list. */
export function tenantWeights({ tenants }: Pick<Config, 'tenants'>): (tenant: string) => number {
  const weights = new Map(tenants.map(({ name, weight }) => [name, weight]));
  return (tenant) => weights.get(tenant) ?? 1;
}
