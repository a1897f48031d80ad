/** The parts of `up` beyond the servers: simulator, store, worker, goals left behind. Host side. */
import { resolveAgents } from '../../agents/resolve-agents.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { Servers } from '../../integrations/instance/servers.ts';
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
    const claude = await startClaude(input, ends);
    const [store, connection] = await allOrNone([startStore(input, ends), startConnection(input, ends)]);
    const [worker] = await allOrNone([startWorker(input, { store, connection, claude }, ends), reconcile(input)]);
    return { failed: workerFailure(worker.run), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

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

async function startConnection({ servers, modules, logger }: PartsInput, ends: Ends) {
  modules.installTemporalLogging(logger);
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
  return worker;
}

/** Starts goals that were acknowledged but never reached Temporal. */
async function reconcile({ config, servers, simulate, modules, logger }: PartsInput): Promise<void> {
  const { temporal, store } = servers;
  const client = await modules.connectTo({ temporal, store, simulated: simulate }, config);
  try {
    const goalIds = await client.reconcile();
    if (goalIds.length > 0) logger.info('started goals that had been accepted before', { goalIds });
  } finally {
    await client.close();
  }
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
