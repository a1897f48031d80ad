/** Ends the instance of a folder from outside. Host side. */
import { stat } from 'node:fs/promises';
import { cleanUpDeadInstance } from '../../integrations/instance/end-orphans.ts';
import { endProcess } from '../../integrations/instance/process-identity.ts';
import { findInstance } from '../../integrations/instance/record.ts';
import type { Settings } from '../settings.ts';

/** Time beyond the worker's grace that `up` gets to end its servers. */
const SERVERS_GRACE_MS = 20_000;

/** Asks `up` to end and waits for it; one that does not is killed and cleaned up after. */
export async function stopInstance(
  { config, dir }: Settings,
  onProgress: (line: string) => void,
): Promise<'stopped' | 'cleaned-up' | 'nothing'> {
  const found = await findInstance(dir).catch(() => ({ state: 'unreadable' as const }));
  if (found.state === 'none') {
    if (await isFolder(dir)) await cleanUpDeadInstance(dir, onProgress);
    return 'nothing';
  }
  if (found.state !== 'running') {
    await cleanUpDeadInstance(dir, onProgress);
    return 'cleaned-up';
  }
  onProgress('Stopping');
  const ended = await endProcess(found.record.up, { graceMs: config.worker.shutdownGraceMs + SERVERS_GRACE_MS });
  if (ended === 'killed') await cleanUpDeadInstance(dir, onProgress);
  return ended === 'killed' ? 'cleaned-up' : 'stopped';
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
