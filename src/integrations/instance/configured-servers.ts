/** The servers of others that an instance uses. Host side. */
import type { Config } from '../../core/config.ts';
import { temporalFromEnvironment } from '../temporal/temporal-target.ts';

/** What the configuration and the environment name; what they do not name is started here. */
export interface ConfiguredServers {
  readonly temporal?: { readonly address: string; readonly namespace: string };
  readonly databaseUrl?: string;
}

/**
 * Simulated work uses none: its workers would put made-up answers into real goals, and real ones would pay for made-up
 * goals. Errors: `temporal.configuration`.
 */
export function configuredServers(config: Config, { simulate }: { readonly simulate: boolean }): ConfiguredServers {
  if (simulate) return {};
  const temporal = temporalOf(config.temporal);
  const { url } = config.database;
  return { ...(temporal ? { temporal } : {}), ...(url === undefined ? {} : { databaseUrl: url }) };
}

function temporalOf({ address, namespace }: Config['temporal']): ConfiguredServers['temporal'] {
  if (address !== undefined) return { address, namespace };
  const named = temporalFromEnvironment();
  if (!named) return undefined;
  return { address: named.address, namespace: namespace === 'default' ? (named.namespace ?? namespace) : namespace };
}
