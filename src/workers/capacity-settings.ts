/** What the configuration says of room for model calls: limits per model and shares of tenants. Host side, pure. */
import type { CapacitySettings } from '../activities/capacity.ts';
import type { Config } from '../core/config.ts';
import { tenantWeights } from '../core/tenant-weight.ts';
import type { CapacityLimits } from '../store/capacity-types.ts';

const TIERS = ['fast', 'balanced', 'deep'] as const;
const LIMITS = ['requestsPerSecond', 'requestsPerMinute', 'inputTokensPerMinute', 'outputTokensPerMinute'] as const;

/** Settings of a configuration. Where tiers share a model, the lower limits hold. */
export function capacitySettings(config: Pick<Config, 'claude' | 'tenants'>): CapacitySettings {
  const { claude } = config;
  const byModel = new Map<string, CapacityLimits>();
  for (const tier of TIERS) {
    const { model } = claude.tiers[tier];
    byModel.set(model, lower(byModel.get(model) ?? {}, claude.limits[tier]));
  }
  return {
    probeIntervalMs: claude.probeIntervalMs,
    limitsOf: (model) => byModel.get(model) ?? {},
    weightOf: tenantWeights(config),
  };
}

function lower(a: CapacityLimits, b: CapacityLimits): CapacityLimits {
  const pairs = LIMITS.map((name) => [name, Math.min(a[name] ?? Infinity, b[name] ?? Infinity)] as const);
  return Object.fromEntries(pairs.filter(([, limit]) => limit < Infinity));
}
