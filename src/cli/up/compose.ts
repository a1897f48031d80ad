/** Puts a whole orchestrator together in this process: servers, store, simulator, worker. Host side. */
import { OrchestratorError } from '../../core/failures.ts';
import { type Servers, startServers } from '../../integrations/instance/servers.ts';
import { loadModules } from './modules.ts';
import { startParts } from './parts.ts';
import { refuseWithoutKey } from './require-key.ts';
import type { UpOptions } from './up-options.ts';

/**
 * A running orchestrator. `failed` rejects when a part is lost for good; `stop` ends everything in order. Once `atOnce`
 * aborts, calls in flight are waited for no longer.
 */
export interface RunningUp {
  readonly failed: Promise<never>;
  stop(atOnce: AbortSignal): Promise<void>;
}

/** Brings everything up and marks the instance as ready. On an error what had started is stopped. */
export async function startUp(options: UpOptions): Promise<RunningUp> {
  const { config, dir, simulate, onProgress, signal } = options;
  refuseWithoutKey(config, simulate);
  const modules = loadModules(simulate);
  modules.catch(() => undefined);
  const servers = await startServers({ dataDir: dir, config, simulate, onProgress, signal });
  const lost = onServerLost(servers);
  try {
    const parts = await startParts({ ...options, servers, modules: await modules });
    await servers.update({ state: 'ready' });
    const failed = Promise.race([lost, parts.failed]);
    failed.catch(() => undefined);
    return {
      failed,
      stop: async (atOnce) => {
        await servers.update({ state: 'stopping' });
        await Promise.race([parts.stop(), aborted(atOnce)]);
        await servers.stop();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

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
