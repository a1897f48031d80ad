/** Before the first integration test: one Temporal dev server and one PostgreSQL for the run, in a folder of its own. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from '../../scripts/lib/ensure-built.mjs';
import { ensureTemporal } from '../../scripts/lib/ensure-temporal.mjs';
import { endLeftovers, noteProcess } from '../../scripts/lib/leftovers.mjs';
import { BUNDLE, DIST } from '../../scripts/lib/paths.mjs';

const NAMESPACE = 'default';

/** Jest's global setup. What tests need to know goes through the environment; see tests/support. */
export default async function startServers() {
  await ensureBuilt();
  const runDir = process.env.TEST_RUN_DIR ?? mkdtempSync(join(tmpdir(), 'orchestrator-tests-'));
  chmodSync(runDir, 0o755); // PostgreSQL may have to run as another user than the owner.
  process.once('exit', () => endLeftovers(runDir));
  const [temporal, postgres] = await Promise.all([startTemporal(runDir), startPostgres(runDir)]);
  globalThis.testServers = { runDir, servers: [temporal, postgres], own: !process.env.TEST_RUN_DIR };
  process.env.TEST_TEMPORAL_ADDRESS = temporal.address;
  process.env.TEST_TEMPORAL_NAMESPACE = NAMESPACE;
  process.env.TEST_POSTGRES = JSON.stringify(postgres.connection);
  process.env.TEST_WORKFLOW_BUNDLE = BUNDLE;
}

async function startTemporal(runDir) {
  const cliPath = process.env.TEST_TEMPORAL_CLI ?? (await ensureTemporal());
  const { startDevServer } = await product('integrations/temporal/start-dev-server.js');
  const dir = join(runDir, 'temporal');
  const server = await startDevServer({ cliPath, dir, port: 0, uiPort: 0, namespace: NAMESPACE });
  noteProcess(runDir, server.pid);
  const { connectTemporal } = await product('integrations/temporal/connect-temporal.js');
  const { registerSearchAttributes } = await product('integrations/temporal/register-search-attributes.js');
  const { connection, close } = await connectTemporal({ address: server.address, namespace: NAMESPACE });
  await registerSearchAttributes(connection, NAMESPACE);
  await close();
  return server;
}

async function startPostgres(runDir) {
  const { startEmbeddedPostgres } = await product('integrations/postgres/embedded.js');
  const server = await startEmbeddedPostgres({ dir: join(runDir, 'postgres') });
  noteProcess(runDir, server.pid);
  return server;
}

/** A compiled module of the product. */
function product(path) {
  return import(pathToFileURL(join(DIST, path)).href);
}
