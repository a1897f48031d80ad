/** The parts of `up` beyond the servers: simulator, store, worker, goals left behind. Host side. */
import { resolveAgents } from '../../agents/resolve-agents.ts';
import { OrchestratorError } from '../../core/failures.ts';
import { serverDirs } from '../../integrations/instance/end-orphans.ts';
import type { Servers } from '../../integrations/instance/servers.ts';
import { watchDisk } from '../../integrations/instance/watch-disk.ts';
import type { UpModules } from './modules.ts';
import type { UpOptions } from './up-options.ts';

/** What the parts are made from. */
export interface PartsInput extends UpOptions {
  readonly servers: Servers;
  readonly modules: UpModules;
}

/** The running parts. */
export interface RunningParts {
  /** Rejects when the worker fails. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Starts them, what can be at once; on an error what had started is stopped. */
export async function startParts(input: PartsInput): Promise<RunningParts> {
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) {
      await end().catch((error: unknown) => input.logger.warn('a part could not be stopped', { error }));
    }
  };
  try {
    const folders = [input.dir, ...Object.values(serverDirs(input.dir))];
    ends.push(watchDisk({ folders, intervalMs: DISK_MS, logger: input.logger }));
    const claude = await startClaude(input, ends);
    const [store, connection] = await allOrNone([startStore(input, ends), startConnection(input, ends)]);
    const [worker] = await allOrNone([
      startWorker(input, { store, connection, claude }, ends),
      startExamining(input, ends),
    ]);
    return { failed: workerFailure(worker.run), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How often the room on the disk is looked at. */
const DISK_MS = 5_000;

type Ends = (() => Promise<unknown>)[];

/** Key and address of Claude, or of the simulator. */
async function startClaude({ config, simulate, modules, servers }: PartsInput, ends: Ends) {
  const { apiKey, baseUrl } = config.claude;
  if (!simulate) return { apiKey, baseUrl };
  if (!modules.startSimulator || !modules.demoBrain) throw new Error('the simulator was not loaded');
  const simulator = await modules.startSimulator({ brain: modules.demoBrain(), latencyMs: SIMULATED_LATENCY_MS });
  ends.push(() => simulator.close());
  await servers.update({ simulatorUrl: simulator.url });
  return { apiKey: 'simulated', baseUrl: simulator.url };
}

/** Time to the first byte of a simulated answer, so that a person can follow what happens. */
const SIMULATED_LATENCY_MS = 150;

async function startStore({ config, servers, modules }: PartsInput, ends: Ends) {
  const { poolSize } = config.database;
  const store = await modules.openStore({ connection: servers.store, poolSize, applicationName: 'orchestrator-up' });
  ends.push(() => store.close());
  await store.migrate();
  return store;
}

async function startConnection({ config, servers, modules, logger }: PartsInput, ends: Ends) {
  modules.installTemporalLogging(logger, metricsAddress(config));
  const connection = await modules.connectTemporalNative(servers.temporal);
  ends.push(() => connection.close());
  await modules.registerSearchAttributes(connection, servers.temporal.namespace);
  return connection;
}

async function startWorker(
  { config, servers, dir, modules }: PartsInput,
  deps: Pick<Parameters<UpModules['startWorker']>[0], 'store' | 'connection' | 'claude'>,
  ends: Ends,
) {
  const { namespace } = servers.temporal;
  const agents = resolveAgents(config.agents.own);
  const worker = await modules.startWorker({ config, ...deps, namespace, agents, dataDir: dir });
  ends.push(() => worker.shutdown());
  const { activities, modelCalls, toolCalls, workflowTasks, cachedWorkflows, memoryLimitMb } = worker.resources;
  const slots = { activities, modelCalls, toolCalls, workflowTasks, cachedWorkflows, memoryLimitMb };
  await servers.update({ worker: slots });
  return worker;
}

/** A client has this long to hand a goal that it has stored over to Temporal. */
const HANDED_OVER_MS = 30_000;

/** Starts goals that were acknowledged but never reached Temporal, then looks for goals that do not go on. */
async function startExamining({ config, servers, simulate, modules, logger }: PartsInput, ends: Ends): Promise<void> {
  const { temporal, store } = servers;
  const client = await modules.connectTo({ temporal, store, simulated: simulate }, config);
  ends.push(() => client.close());
  const goalIds = await client.reconcile();
  if (goalIds.length > 0) logger.info('started goals that had been accepted before', { goalIds });
  const gauges = config.monitoring.metricsPort === undefined ? undefined : modules.goalGauges();
  const intervalMs = config.monitoring.examineMs;
  const stop = modules.keepExamining({
    examine: async () => {
      await client.reconcile(HANDED_OVER_MS);
      return client.examine();
    },
    intervalMs,
    logger,
    ...(gauges ? { gauges } : {}),
  });
  ends.push(stop);
}

/** Where metrics are served; undefined: nowhere. */
function metricsAddress({ monitoring: { metricsAddress: host, metricsPort: port } }: PartsInput['config']) {
  if (port === undefined) return undefined;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function workerFailure(run: Promise<void>): Promise<never> {
  const failed = run.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => {
      throw new OrchestratorError('server.worker-failed', 'The worker has failed.', {
        remedy: 'See the log, then run `orchestrator up` again: goals go on.',
        cause: error,
      });
    },
  );
  failed.catch(() => undefined);
  return failed;
}

/** Waits for both, also when one fails, so that nothing starts behind the clean-up's back. */
async function allOrNone<A, B>(pair: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(pair);
  return Promise.all(pair);
}
