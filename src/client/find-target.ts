/** Finds the orchestrator to talk to: the running instance of the data folder, or the servers that are configured. Host side. */
import type { Config } from '../core/config.ts';
import { OrchestratorError } from '../core/failures.ts';
import { configuredServers } from '../integrations/instance/configured-servers.ts';
import { instanceDir } from '../integrations/instance/data-dir.ts';
import { type FoundInstance, findInstance, recordedStore } from '../integrations/instance/record.ts';
import type { StoreConnection } from '../store/connection.ts';

/** How to reach one orchestrator. */
export interface Target {
  readonly temporal: { readonly address?: string; readonly namespace: string };
  readonly store: StoreConnection;
  readonly simulated: boolean;
}

/** The target. Errors: `instance.not-running`, `instance.starting`, `instance.other-store`. */
export async function findTarget(config: Config, options: { simulate: boolean }): Promise<Target> {
  const dir = instanceDir(config.dataDir, options);
  const found = await findInstance(dir);
  if (found.state === 'running') return targetOf(found, config);
  return configuredTarget(config, options) ?? Promise.reject(await notRunning(config, options));
}

function targetOf({ record }: FoundInstance & { state: 'running' }, config: Config): Target {
  const store = recordedStore(record, config.database.url);
  if (record.temporal && record.state === 'ready') {
    return { temporal: record.temporal, store, simulated: record.simulate };
  }
  throw new OrchestratorError('instance.starting', `The instance is ${record.state}: it takes no goals now.`, {
    remedy: 'Wait until `orchestrator status` says that it is ready.',
    facts: { pid: record.up.pid },
  });
}

/** Servers that others run, with workers of their own. */
function configuredTarget(config: Config, options: { simulate: boolean }): Target | undefined {
  const { temporal, databaseUrl } = configuredServers(config, options);
  if (!temporal || databaseUrl === undefined) return undefined;
  return { temporal, store: { url: databaseUrl }, simulated: options.simulate };
}

async function notRunning(config: Config, options: { simulate: boolean }): Promise<OrchestratorError> {
  const other = { simulate: !options.simulate };
  const otherRuns = (await findInstance(instanceDir(config.dataDir, other))).state === 'running';
  const flag = options.simulate ? ' --simulate' : '';
  const hint = options.simulate ? 'A real instance runs: leave --simulate out' : 'A simulated one runs: add --simulate';
  return new OrchestratorError('instance.not-running', `No instance runs in ${instanceDir(config.dataDir, options)}.`, {
    remedy: `Start one with \`orchestrator up${flag}\`.${otherRuns ? ` ${hint} to use it.` : ''}`,
    facts: { dataDir: config.dataDir, simulate: options.simulate },
  });
}
