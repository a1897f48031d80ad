/** Ends the servers that an instance left behind when its process was killed. Host side. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OrchestratorError } from '../../core/failures.ts';
import { endServer, findEmbeddedPostgres } from '../postgres/running-server.ts';
import { lockInstance } from './lock.ts';
import { endProcess, isAlive } from './process-identity.ts';
import { type InstanceRecord, readInstance, removeInstance } from './record.ts';

const GRACE_MS = 8_000;

/** Folders of the servers within an instance's folder. */
export const serverDirs = (dir: string) => ({ temporal: join(dir, 'temporal'), postgres: join(dir, 'postgres') });

/**
 * Ends what the record and PostgreSQL's own lock file name, each only when it is still that process, and removes the
 * record. Only for the holder of the instance's lock.
 */
export async function endOrphans(dir: string, onProgress: (line: string) => void): Promise<void> {
  const record = await readInstance(dir).catch((error: unknown) => {
    if (!(error instanceof OrchestratorError)) throw error;
    onProgress(`${error.message} It is written anew.`);
    return undefined;
  });
  if (record) await endRecorded(record, onProgress);
  await endLeftPostgres(dir, onProgress);
  await removeInstance(dir);
}

/** `endOrphans` for a folder that no instance holds: `instance.running` when one does. */
export async function cleanUpDeadInstance(dir: string, onProgress: (line: string) => void): Promise<void> {
  const lock = await lockInstance(dir);
  try {
    await endOrphans(dir, onProgress);
  } finally {
    await lock.release();
  }
}

async function endRecorded(record: InstanceRecord, onProgress: (line: string) => void): Promise<void> {
  const ended = Object.entries(record.servers).map(async ([name, identity]) => {
    if (!identity || !(await isAlive(identity))) return;
    onProgress(`Ending the ${name} server that an earlier instance left (process ${identity.pid})`);
    await endProcess(identity, { graceMs: GRACE_MS });
  });
  await Promise.all(ended);
}

/** A PostgreSQL that had started but was not on record yet; its own lock file proves whose it is. */
export async function endLeftPostgres(dir: string, onProgress: (line: string) => void): Promise<void> {
  const folder = serverDirs(dir).postgres;
  const exists = await stat(folder).catch(() => undefined);
  const left = exists && (await findEmbeddedPostgres(folder));
  if (!left) return;
  onProgress(`Ending the PostgreSQL server that an earlier instance left (process ${left.pid})`);
  await endServer(left.pid, GRACE_MS);
}
