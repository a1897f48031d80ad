/** After the last integration test: the servers of the run are stopped, and its folder goes. */
import { rmSync } from 'node:fs';
import { endLeftovers } from '../../scripts/lib/leftovers.mjs';

/** Jest's global teardown. */
export default async function stopServers() {
  const started = globalThis.testServers;
  if (!started) return;
  await Promise.allSettled(started.servers.map((server) => server.stop()));
  endLeftovers(started.runDir);
  if (started.own) rmSync(started.runDir, { recursive: true, force: true });
}
