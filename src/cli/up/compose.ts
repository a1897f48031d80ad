/** Puts a whole orchestrator together in this process: servers, store, simulator, worker. Host side. */
import type { Config } from '../../core/config.ts';
import { OrchestratorError } from '../../core/failures.ts';
import { type Servers, startServers } from '../../integrations/instance/servers.ts';
import type { Logger } from '../../monitoring/logger.ts';
import { startParts } from './parts.ts';

/** What is to come up. `signal` calls the start off. */
export interface UpOptions {
  readonly config: Config;
  readonly dir: string;
  readonly simulate: boolean;
  readonly logger: Logger;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A running orchestrator. `failed` rejects when a part is lost for good; `stop` ends everything in order. */
export interface RunningUp {
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Brings everything up and marks the instance as ready. On an error what had started is stopped. */
export async function startUp(options: UpOptions): Promise<RunningUp> {
  const { config, dir, simulate, onProgress, signal } = options;
  refuseWithoutKey(config, simulate);
  const modules = loadModules(simulate);
  const servers = await startServers({ dataDir: dir, config, simulate, onProgress, signal });
  const lost = onServerLost(servers);
  try {
    const parts = await startParts({ ...options, servers, modules: await modules });
    await servers.update({ state: 'ready' });
    const failed = Promise.race([lost, parts.failed]);
    failed.catch(() => undefined);
    return {
      failed,
      stop: async () => {
        await servers.update({ state: 'stopping' });
        await parts.stop();
        await servers.stop();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

/** Errors: `config.no-key` when there is neither a key nor the simulator. */
export function refuseWithoutKey(config: Config, simulate: boolean): void {
  if (simulate || config.claude.apiKey !== undefined) return;
  throw new OrchestratorError('config.no-key', 'There is no Anthropic API key, so no goal could be worked on.', {
    remedy: 'Set ANTHROPIC_API_KEY, or add --simulate to try it with made-up answers at no cost.',
  });
}

/** The heavy modules, loaded while the servers start. */
async function loadModules(simulate: boolean) {
  const [worker, native, store, logging, attributes, connect, simulator, brain] = await Promise.all([
    import('../../workers/start-worker.ts'),
    import('../../integrations/temporal/connect-temporal-native.ts'),
    import('../../store/open-store.ts'),
    import('../../monitoring/temporal-logging.ts'),
    import('../../integrations/temporal/register-search-attributes.ts'),
    import('../../client/connect.ts'),
    simulate ? import('../../simulator/start-simulator.ts') : undefined,
    simulate ? import('../../simulator/demo/demo-brain.ts') : undefined,
  ]);
  return {
    ...{ startWorker: worker.startWorker, connectTemporalNative: native.connectTemporalNative },
    ...{ openStore: store.openStore, installTemporalLogging: logging.installTemporalLogging },
    ...{ registerSearchAttributes: attributes.registerSearchAttributes, connectTo: connect.connectTo },
    ...{ startSimulator: simulator?.startSimulator, demoBrain: brain?.demoBrain },
  };
}

export type UpModules = Awaited<ReturnType<typeof loadModules>>;

function onServerLost(servers: Servers): Promise<never> {
  const lost = new Promise<never>((_resolve, reject) => {
    servers.onServerEvent = (event) => {
      if (event.type !== 'server-lost') return;
      reject(
        new OrchestratorError('server.lost', `${event.server} ended and could not be started again.`, {
          remedy: 'See its log in the data folder, then run `orchestrator up` again: goals go on.',
          cause: event.error,
        }),
      );
    };
  });
  lost.catch(() => undefined);
  return lost;
}
