/** Everything a benchmark runs on: servers in a temporary folder, simulator, workers, clients. Benchmark only. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTo } from '../src/client/connect.ts';
import type { OrchestratorClient } from '../src/client/orchestrator-client.ts';
import { configSchema } from '../src/core/config.ts';
import { readInstance } from '../src/integrations/instance/record.ts';
import { startServers } from '../src/integrations/instance/servers.ts';
import { connectTemporal, type TemporalConnection } from '../src/integrations/temporal/connect-temporal.ts';
import { connectTemporalNative } from '../src/integrations/temporal/connect-temporal-native.ts';
import { registerSearchAttributes } from '../src/integrations/temporal/register-search-attributes.ts';
import { openStore } from '../src/store/open-store.ts';
import { type Child, startChild } from '../src/testing/child.ts';

export const BARE_QUEUE = 'bare';

export interface Stage {
  readonly simulator: Child;
  readonly simulatorUrl: string;
  readonly client: OrchestratorClient;
  readonly temporal: TemporalConnection;
  /** Process ids, for CPU time and memory. */
  readonly pids: { readonly temporal: number; readonly postgres: number };
  startWorker(): Promise<Child>;
  startBareWorker(): Promise<Child>;
  close(): Promise<void>;
}

/** Brings it up. `bareBundle` is the path of the bare workflow's bundle. */
export async function setStage(options: { bareBundle: string; say: (line: string) => void }): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orchestrator-bench-'));
  const config = configSchema.parse({ dataDir, temporal: { port: 0, uiPort: 0 } });
  const servers = await startServers({ dataDir, config, onProgress: options.say });
  const { temporal, store } = servers;
  const simulator = await startChild({ module: new URL('./simulator.js', import.meta.url) });
  const simulatorUrl = await simulator.ask<string>('url');
  await prepare(servers);
  const client = await connectTo({ temporal, store, simulated: true }, config);
  const connection = await connectTemporal(temporal);
  return {
    ...{ simulator, simulatorUrl, client, temporal: connection, pids: await pidsOf(dataDir) },
    startWorker: () =>
      startChild({
        module: new URL('../dist/testing/worker-process.js', import.meta.url),
        input: { config, temporal, store, claudeUrl: simulatorUrl, dataDir },
      }),
    startBareWorker: () =>
      startChild({
        module: new URL('./bare-worker.js', import.meta.url),
        input: { config, temporal, simulatorUrl, bundlePath: options.bareBundle, taskQueue: BARE_QUEUE },
      }),
    close: async () => {
      await Promise.allSettled([client.close(), connection.close(), simulator.end()]);
      await servers.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function prepare({ temporal, store }: Awaited<ReturnType<typeof startServers>>): Promise<void> {
  const opened = await openStore({ connection: store, poolSize: 1 });
  await opened.migrate();
  await opened.close();
  const native = await connectTemporalNative(temporal);
  await registerSearchAttributes(native, temporal.namespace);
  await native.close();
}

async function pidsOf(dataDir: string): Promise<Stage['pids']> {
  const record = await readInstance(dataDir);
  return { temporal: record?.servers.temporal?.pid ?? 0, postgres: record?.servers.postgres?.pid ?? 0 };
}
