/** The folder of an embedded Temporal server: its database and log, checked before a server is let near them. Host side. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OrchestratorError } from '../../core/failures.ts';
import { devServerFailure } from './dev-server-failure.ts';

/** A new database with its log takes 7 MB; below this a server would start and then fail at its work. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;
const LOG_LIMIT_BYTES = 5 * 1024 * 1024;

/** Where things are. `marker` is written once the database holds something. */
export interface DevServerFiles {
  readonly dir: string;
  readonly database: string;
  readonly log: string;
  readonly lock: string;
  readonly marker: string;
}

/** Creates the folder (0700), rotates the log, and refuses a full disk or a database that is gone, emptied, not writable or in use. */
export async function prepareDevServerFiles(dir: string): Promise<DevServerFiles> {
  const files: DevServerFiles = {
    dir,
    database: join(dir, 'temporal.db'),
    log: join(dir, 'temporal.log'),
    lock: join(dir, 'temporal.lock'),
    marker: join(dir, 'temporal.created'),
  };
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.W_OK);
    await checkDatabase(files);
    await checkSpace(dir);
    await rotateLog(files.log);
  } catch (error) {
    if (error instanceof OrchestratorError) throw error;
    throw devServerFailure(String(error), { dir, database: files.database, log: files.log });
  }
  await refuseSecondServer(files.database);
  return files;
}

/** Notes that the database now holds state, so that its loss is noticed. */
export async function markCreated(files: DevServerFiles): Promise<void> {
  await writeFile(files.marker, 'The database beside this file has been in use.\n', { mode: 0o600 });
}

async function checkDatabase(files: DevServerFiles): Promise<void> {
  const size = await stat(files.database).then(
    (found) => (found.isFile() ? found.size : Number.NaN),
    () => undefined,
  );
  if (size !== undefined) await access(files.database, constants.R_OK | constants.W_OK);
  const used = await access(files.marker).then(
    () => true,
    () => false,
  );
  // SQLite would take either for a new database and begin anew without a word.
  if (used && !size) {
    const what = size === undefined ? 'is gone' : 'has been emptied';
    throw new OrchestratorError('temporal.database-lost', `The Temporal database ${files.database} ${what}.`, {
      remedy: `Put it back from a backup; or, to start without the goals it held, delete the folder ${files.dir}.`,
      facts: { database: files.database },
    });
  }
}

async function checkSpace(dir: string): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(dir);
  // Some file systems tell no sizes.
  if (blocks > 0 && bavail * bsize < LEAST_FREE_BYTES) throw new Error('no space left on device');
}

async function rotateLog(log: string): Promise<void> {
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(log, `${log}.1`);
}

/** Size of the log now: what comes after it was written by the next server. */
export async function logSize(log: string): Promise<number> {
  return await stat(log).then(
    (found) => found.size,
    () => 0,
  );
}

/** What was written to the log from `offset` on, at most its last 8 KB. */
export async function readLogTail(log: string, offset: number): Promise<string> {
  const start = Math.max(offset, (await logSize(log)) - 8192);
  const file = await open(log, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(8192), position: start });
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

/** `temporal.running` when a dev server has the database open: SQLite lets two in, and each overwrites the other's work. */
async function refuseSecondServer(database: string): Promise<void> {
  for (const pid of await findOpeners(database)) {
    const command = await commandLine(pid);
    if (command.includes('start-dev')) throw alreadyServed(database, pid);
  }
}

/** The error for a database that another server has open. */
export function alreadyServed(database: string, pid: number): OrchestratorError {
  return new OrchestratorError('temporal.running', `Process ${pid} already serves the Temporal database ${database}.`, {
    remedy: `End process ${pid} (\`orchestrator down\` when it is of this instance), then start again.`,
    facts: { database, pid },
  });
}

/** Processes that have the file open, as far as this user may see them. */
async function findOpeners(file: string): Promise<number[]> {
  const path = await realpath(file).catch(() => undefined);
  if (path === undefined || process.platform === 'win32') return [];
  if (process.platform !== 'linux') {
    const answer = await promisify(execFile)('lsof', ['-t', '--', path]).catch(() => undefined);
    return (answer?.stdout ?? '').split('\n').filter(Boolean).map(Number);
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const opens = await Promise.all(pids.map((pid) => hasOpen(pid, path)));
  return pids.filter((_, index) => opens[index]);
}

async function hasOpen(pid: number, path: string): Promise<boolean> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const fd of fds) {
    if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) === path) return true;
  }
  return false;
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const answer = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return answer?.stdout ?? '';
}
