/** Which Temporal server is meant, and with which credentials: explicit address, or TEMPORAL_* by the official rules. Host side. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { OrchestratorError } from '../../core/failures.ts';

const DEFAULT_ADDRESS = '127.0.0.1:7233';

/** A server and how to get in. `tls`, `apiKey` and `metadata` are absent for a server of this machine. */
export interface TemporalTarget extends Pick<NativeConnectionOptions, 'tls' | 'apiKey' | 'metadata'> {
  readonly address: string;
  readonly loopback: boolean;
}

/** Address and namespace that the environment names. */
export interface NamedServer {
  readonly address: string;
  readonly namespace?: string;
}

/**
 * The server that TEMPORAL_ADDRESS, or the profile of TEMPORAL_PROFILE or TEMPORAL_CONFIG_FILE, names; else undefined. A
 * profile that the user keeps for other work counts only when one of these asks for it.
 */
export function temporalFromEnvironment(env: NodeJS.ProcessEnv = process.env): NamedServer | undefined {
  const { connectionOptions, namespace } = loadProfile(env);
  return connectionOptions.address ? { address: connectionOptions.address, namespace } : undefined;
}

/**
 * The server to connect to: `address`, else the environment's, else 127.0.0.1:7233. Credentials of the environment go only
 * to the address that stands with them, or, when none does, to a server that is not on this machine.
 */
export function temporalTarget(address: string | undefined, env: NodeJS.ProcessEnv = process.env): TemporalTarget {
  const { connectionOptions: profile } = loadProfile(env);
  const chosen = address ?? profile.address ?? DEFAULT_ADDRESS;
  const loopback = isLoopback(chosen);
  const theirs = profile.address === undefined ? !loopback : profile.address === chosen;
  if (!theirs) return { address: chosen, loopback };
  const { tls, apiKey, metadata } = profile;
  return { address: chosen, loopback, tls, apiKey, metadata };
}

function loadProfile(env: NodeJS.ProcessEnv) {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  try {
    return loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(set),
      disableFile: !env.TEMPORAL_PROFILE && !env.TEMPORAL_CONFIG_FILE,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OrchestratorError('temporal.configuration', `The TEMPORAL_* settings cannot be used: ${why}.`, {
      remedy: 'Correct the named file or variable, or remove the TEMPORAL_* variables.',
      cause: error,
    });
  }
}

function isLoopback(address: string): boolean {
  const host = hostAndPort(address).host;
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Host (without brackets) and port of a Temporal address; the port defaults to 7233. */
export function hostAndPort(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? [];
  return { host: bracketed ?? plain ?? address, port: port === undefined ? 7233 : Number(port) };
}
