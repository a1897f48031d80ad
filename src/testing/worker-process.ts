/** One worker as a process of its own, over servers that are there. Test kit, host side; started by `startChild`. */
import { resolveAgents } from '../agents/resolve-agents.ts';
import type { Config } from '../core/config.ts';
import { connectTemporalNative } from '../integrations/temporal/connect-temporal-native.ts';
import type { StoreConnection } from '../store/connection.ts';
import { openStore } from '../store/open-store.ts';
import { startWorker } from '../workers/start-worker.ts';
import { answer, say } from './answer.ts';
import { quietRuntime } from './quiet-runtime.ts';
import { watchStalls } from './stalls.ts';

/** Its argument. */
export interface WorkerInput {
  readonly config: Config;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly store: StoreConnection;
  readonly claudeUrl: string;
  readonly dataDir: string;
}

const { config, temporal, store, claudeUrl, dataDir } = JSON.parse(process.argv[2] ?? '{}') as WorkerInput;
quietRuntime();
const [opened, connection] = await Promise.all([
  openStore({ connection: store, poolSize: config.database.poolSize, applicationName: 'test-worker' }),
  connectTemporalNative(temporal),
]);
const worker = await startWorker({
  ...{ config, connection, dataDir, store: opened, namespace: temporal.namespace },
  claude: { apiKey: 'simulated', baseUrl: claudeUrl },
  agents: resolveAgents(config.agents.own),
});
watchStalls(say);
answer({ resources: () => process.memoryUsage() });
await worker.run;
