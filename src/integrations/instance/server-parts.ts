/** The two servers of an instance, each as a part that can be stopped. Host side. */
import type { Config } from '../../core/config.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { StoreConnection } from '../../store/connection.ts';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';
import { locateTemporalCli } from '../temporal/locate-temporal-cli.ts';
import { type DevServer, startDevServer } from '../temporal/start-dev-server.ts';
import type { ConfiguredServers } from './configured-servers.ts';
import { endLeftPostgres, serverDirs } from './end-orphans.ts';
import { keepRunning, type ServerEvent } from './keep-running.ts';
import { processIdentity } from './process-identity.ts';
import type { RecordKeeper } from './record-keeper.ts';
import { preferredPorts, savePorts } from './saved-ports.ts';

/** Where Temporal is. `uiUrl` only for a server of ours. */
export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
}

/** A server that is up, ours or another's; `stop` ends only ours. */
export interface Part<T> {
  readonly value: T;
  stop(): Promise<void>;
}

/** What both parts need. `onEvent` hears of a server's deaths and returns. */
export interface PartContext {
  readonly dir: string;
  readonly config: Config;
  /** Servers of others, in place of ours. */
  readonly configured: ConfiguredServers;
  readonly keeper: RecordKeeper;
  readonly say: (line: string) => void;
  readonly onEvent: (event: ServerEvent) => void;
  readonly signal: AbortSignal;
}

/** The Temporal server of the configuration or environment, else one of ours, kept running at one address. */
export async function startTemporal(context: PartContext): Promise<Part<TemporalAddress>> {
  const { dir, config, keeper, say, signal } = context;
  const { namespace } = config.temporal;
  const external = context.configured.temporal;
  if (external) {
    await keeper.update({ temporal: { ...external, uiUrl: null } });
    return { value: external, stop: async () => undefined };
  }
  if (config.temporal.deployment !== undefined) throw deploymentNeedsServer();
  const cliPath = await locateTemporalCli({ cliPath: config.temporal.cliPath, onProgress: say, signal });
  const wished = { port: config.temporal.port, uiPort: config.temporal.uiPort };
  let ports = await preferredPorts(dir, wished);
  const kept = await keepRunning<DevServer>({
    name: 'Temporal',
    onEvent: context.onEvent,
    start: async (restart) => {
      const server = await startDevServer({
        ...{ cliPath, namespace, ...ports, exactPorts: restart, onProgress: say },
        dir: serverDirs(dir).temporal,
        onSpawn: (identity) => keeper.setServer('temporal', identity),
      });
      ports = { port: portOf(server.address), uiPort: portOf(server.uiUrl) };
      return server;
    },
  });
  const { address, uiUrl } = kept.first;
  return await onRecord({ value: { address, namespace, uiUrl }, stop: kept.stop }, async () => {
    await savePorts(dir, wished, ports);
    await keeper.update({ temporal: { address, namespace, uiUrl } });
  });
}

/** In an instance of one process only the newest build polls, and a goal pinned to an older one would never move. */
function deploymentNeedsServer(): OrchestratorError {
  return new OrchestratorError('config.invalid', 'temporal.deployment is set, but no Temporal server is named.', {
    remedy:
      'Name the server (TEMPORAL_ADDRESS), or leave temporal.deployment out: open goals then go on with every build.',
  });
}

/** The database of the configuration, else one of ours, kept running at one address. */
export async function startStore(context: PartContext): Promise<Part<StoreConnection>> {
  const { configured, keeper } = context;
  if (configured.databaseUrl !== undefined) {
    await keeper.update({ store: 'configured' });
    return { value: { url: configured.databaseUrl }, stop: async () => undefined };
  }
  let connection: StoreConnection | undefined;
  const kept = await keepRunning({
    name: 'PostgreSQL',
    onEvent: context.onEvent,
    start: async () => {
      const server = await startPostgres(context);
      await keeper.setServer('postgres', (await processIdentity(server.pid)) ?? null);
      connection ??= server.connection;
      if (JSON.stringify(connection) === JSON.stringify(server.connection)) return server;
      await server.stop();
      throw new Error('PostgreSQL came back at another address');
    },
  });
  const value = kept.first.connection;
  return await onRecord({ value, stop: kept.stop }, () => keeper.update({ store: value }));
}

/** The part when it could be put on record; otherwise it is stopped again. */
async function onRecord<T>(part: Part<T>, write: () => Promise<void>): Promise<Part<T>> {
  try {
    await write();
    return part;
  } catch (error) {
    await part.stop();
    throw error;
  }
}

/** We hold the folder's lock: a server that runs there all the same was left by a killed instance. */
async function startPostgres({ dir, say }: PartContext) {
  const options = { dir: serverDirs(dir).postgres, onProgress: say };
  try {
    return await startEmbeddedPostgres(options);
  } catch (error) {
    if (!(error instanceof OrchestratorError) || error.code !== 'postgres.running') throw error;
    await endLeftPostgres(dir, say);
    return await startEmbeddedPostgres(options);
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
