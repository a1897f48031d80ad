/** A Temporal server of a test's own, with its database: it can be stopped or killed, and comes back at its address. Tests only. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTemporal } from '../../../src/integrations/temporal/connect-temporal.ts';
import { locateTemporalCli } from '../../../src/integrations/temporal/locate-temporal-cli.ts';
import { registerSearchAttributes } from '../../../src/integrations/temporal/register-search-attributes.ts';
import { type DevServer, startDevServer } from '../../../src/integrations/temporal/start-dev-server.ts';

/** A running server. */
export interface OwnServer {
  readonly temporal: { readonly address: string; readonly namespace: string };
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Again, at the same ports, with what its database holds. */
  restart(): Promise<void>;
  /** Stops it and takes its database away. */
  close(): Promise<void>;
}

const NAMESPACE = 'default';

/** Starts it, ready for goals. */
export async function startOwnServer(): Promise<OwnServer> {
  const dir = await mkdtemp(join(tmpdir(), 'own-server-'));
  const cliPath = process.env.TEST_TEMPORAL_CLI ?? (await locateTemporalCli({}));
  const serve = (ports: { port: number; uiPort: number; exactPorts?: boolean }) =>
    startDevServer({ cliPath, dir, namespace: NAMESPACE, ...ports });
  let server = await serve({ port: 0, uiPort: 0 });
  const temporal = { address: server.address, namespace: NAMESPACE };
  const { connection, close } = await connectTemporal(temporal);
  await registerSearchAttributes(connection, NAMESPACE);
  await close();
  return {
    temporal,
    stop: () => server.stop(),
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await server.stop();
    },
    async restart() {
      server = await serve({ ...portsOf(server), exactPorts: true });
    },
    async close() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function portsOf({ address, uiUrl }: DevServer): { port: number; uiPort: number } {
  const portOf = (url: string) => Number(/:(\d+)\/?$/.exec(url)?.[1]);
  return { port: portOf(address), uiPort: portOf(uiUrl) };
}
