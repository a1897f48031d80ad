/** One worker of ours as a process of its own. Benchmark only; started with IPC. */
import { resolveAgents } from '../src/agents/resolve-agents.ts';
import type { Config } from '../src/core/config.ts';
import { connectTemporalNative } from '../src/integrations/temporal/connect-temporal-native.ts';
import type { StoreConnection } from '../src/store/connection.ts';
import { openStore } from '../src/store/open-store.ts';
import { startWorker } from '../src/workers/start-worker.ts';
import { answer } from './answer.ts';
import { quietRuntime } from './quiet-runtime.ts';

/** Its argument. */
interface WorkerInput {
  readonly config: Config;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly store: StoreConnection;
  readonly simulatorUrl: string;
  readonly dataDir: string;
}

const { config, temporal, store, simulatorUrl, dataDir } = JSON.parse(process.argv[2] ?? '{}') as WorkerInput;
quietRuntime();
const [opened, connection] = await Promise.all([
  openStore({ connection: store, poolSize: config.database.poolSize, applicationName: 'bench-worker' }),
  connectTemporalNative(temporal),
]);
const worker = await startWorker({
  ...{ config, connection, dataDir, store: opened, namespace: temporal.namespace },
  claude: { apiKey: 'simulated', baseUrl: simulatorUrl },
  agents: resolveAgents(config.agents.own),
});
answer({ resources: () => process.memoryUsage() });
await worker.run;
