/** A real PostgreSQL in one folder, from the npm package of this platform: created, started, stopped. Host side. */
import { execFile } from 'node:child_process';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { OrchestratorError } from '../../core/failures.ts';
import type { StoreConnection } from '../../store/connection.ts';
import { findPackage, prepareBinaries } from './binaries.ts';
import {
  type ClusterFolder,
  checkVersion,
  clusterExists,
  createCluster,
  openClusterFolder,
  programEnvironment,
} from './cluster-folder.ts';
import { folderError, postgresError, programError } from './postgres-error.ts';
import { endServer, findEmbeddedPostgres, pidFilePath } from './running-server.ts';
import { EarlyExit, launchServer, type ServerProcess } from './server-process.ts';

/** Time that the processes of a server that was killed get to go away. */
const ORPHANS_TIMEOUT_MS = 15_000;

/** A running server. `stop` lets transactions end at once and waits; `exited` gives the code, null after a signal. */
export interface EmbeddedPostgres {
  readonly connection: StoreConnection;
  readonly pid: number;
  stop(): Promise<void>;
  readonly exited: Promise<number | null>;
}

/**
 * `dir` belongs to this server alone. `binDir`: other programs than the npm package's (tests, system packages); before
 * PostgreSQL 16 they must be able to walk to `dir`.
 */
export interface EmbeddedPostgresOptions {
  readonly dir: string;
  readonly onProgress?: (line: string) => void;
  readonly binDir?: string;
}

/**
 * Starts PostgreSQL on a folder, creating the database when it is new. A server that already runs there gives
 * `postgres.running` with its pid in `facts`: the caller adopts it (`findEmbeddedPostgres`) or ends it (`endServer`).
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = await openClusterFolder(options.dir);
  await refuseRunning(folder);
  const binDir = options.binDir ?? (await prepareBinaries(findPackage(), folder.account));
  if (!(await clusterExists(folder))) {
    options.onProgress?.(`Creating the database in ${folder.dir}`);
    await createCluster(folder, binDir);
  }
  await checkVersion(folder, await majorVersion(binDir));
  options.onProgress?.('Starting PostgreSQL');
  const server = await launchPatiently(folder, binDir).catch((error: unknown) => {
    throw folderError(error, folder.dir);
  });
  return { ...server, stop: () => stop(server, folder, binDir) };
}

async function refuseRunning(folder: ClusterFolder): Promise<void> {
  const running = await findEmbeddedPostgres(folder.dir);
  if (running !== undefined) throw runningError(folder, running.pid);
}

function runningError(folder: ClusterFolder, pid: number): OrchestratorError {
  return postgresError('postgres.running', `A PostgreSQL server (process ${pid}) already runs in ${folder.dir}.`, {
    remedy: 'Use it, or end it first (`orchestrator down`).',
    facts: { pid, path: folder.dir },
  });
}

/** Starts the server; waits for the orphans of one that was killed, and clears a lock that names a stranger. */
async function launchPatiently(folder: ClusterFolder, binDir: string): Promise<ServerProcess> {
  const until = performance.now() + ORPHANS_TIMEOUT_MS;
  for (;;) {
    const lock = await readFile(pidFilePath(folder), 'utf8').catch(() => '');
    try {
      return await launchServer(folder, binDir);
    } catch (error) {
      if (!(error instanceof EarlyExit)) throw error;
      if (!MAY_PASS.test(error.output) || performance.now() > until) {
        throw programError('postgres', error.output, folder.dir);
      }
      await refuseRunning(folder);
      if (/lock file .* already exists/.test(error.output)) await clearStaleLock(folder, lock);
      await wait(50);
    }
  }
}

/** A stale lock, orphans that still hold shared memory, a port that was taken meanwhile. */
const MAY_PASS = /lock file .* already exists|is still in use|Address already in use/i;

/** Removes the lock file when it is still the one that was read; shared memory guards against a live server as well. */
async function clearStaleLock(folder: ClusterFolder, expected: string): Promise<void> {
  if (expected === '') return;
  const path = pidFilePath(folder);
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const found = await readFile(aside, 'utf8').catch(() => '');
  if (found === expected) await rm(aside, { force: true });
  else if (found !== '') await rename(aside, path);
}

async function majorVersion(binDir: string): Promise<string> {
  const { stdout } = await promisify(execFile)(join(binDir, 'postgres'), ['--version'], { env: programEnvironment() });
  return /(\d+)(?:\.|\D|$)/.exec(stdout)?.[1] ?? '';
}

async function stop(server: ServerProcess, folder: ClusterFolder, binDir: string): Promise<void> {
  if (process.platform === 'win32') {
    const args = ['stop', '-D', folder.data, '-m', 'fast', '-w', '-t', '20'];
    await promisify(execFile)(join(binDir, 'pg_ctl'), args, { env: programEnvironment() }).catch(() => undefined);
  }
  const code = Symbol('running');
  const state = await Promise.race([server.exited, Promise.resolve(code)]);
  if (state === code) await endServer(server.pid);
  await server.exited;
}
