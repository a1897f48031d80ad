/**
 * One PostgreSQL server process: started on a database folder, awaited until it answers, stopped. Host side.
 *
 * It starts with the folder as its working directory and, under another account, is told `/proc/self/cwd`: so it runs
 * in a folder whose parents that account cannot walk through (`~/.ai-orchestrator` of root in a container), and its
 * socket `.` has no length limit on its side.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { clientConfig, type StoreConnection } from '../../store/connection.ts';
import { type ClusterFolder, folderArgument, programEnvironment } from './cluster-folder.ts';
import { programError } from './postgres-error.ts';
import { connectionOf, readPidFile } from './running-server.ts';

/** Bytes of a socket's path that every system takes (104 on macOS, 108 on Linux, with the final NUL). */
const MAX_SOCKET_PATH = 103;
/** Crash recovery of a big database takes a while; it is shown as progress. */
const READY_TIMEOUT_MS = 300_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** A server that answers. `exited`: its exit code, null when a signal ended it. */
export interface ServerProcess {
  readonly pid: number;
  readonly connection: StoreConnection;
  readonly exited: Promise<number | null>;
}

/** The server ended before it answered; `output` is what it wrote. */
export class EarlyExit extends Error {
  override readonly name = 'EarlyExit';
  readonly output: string;

  constructor(output: string) {
    super('PostgreSQL ended before it was ready');
    this.output = output;
  }
}

/** Starts a server and resolves when it answers. Throws `EarlyExit`, or `postgres.start-failed` when it cannot be run. */
export async function launchServer(folder: ClusterFolder, binDir: string): Promise<ServerProcess> {
  const port = usesTcp(folder) ? await freePort() : undefined;
  const log = await openLog(folder.dir);
  const child = spawnServer(folder, { binDir, port, logFile: log.path });
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const connection = await connectionOf(folder, port);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(programError('postgres', error.message, folder.dir)));
    void exited.then(async () => reject(new EarlyExit(await log.tail())));
  });
  failed.catch(() => undefined);
  const gaveUp = new AbortController();
  try {
    const ours = async () => (await readPidFile(folder))?.pid === child.pid;
    await Promise.race([answers(connection, { ours, signal: gaveUp.signal, dir: folder.dir }), failed]);
  } catch (error) {
    gaveUp.abort();
    child.kill('SIGKILL');
    throw error;
  }
  return { pid: child.pid ?? 0, connection, exited };
}

/** Loopback TCP with a password where a unix socket cannot be: on Windows, and under a path that is too long. */
function usesTcp(folder: ClusterFolder): boolean {
  return process.platform === 'win32' || Buffer.byteLength(join(folder.data, '.s.PGSQL.5432')) > MAX_SOCKET_PATH;
}

function spawnServer(
  folder: ClusterFolder,
  options: { binDir: string; port: number | undefined; logFile: string },
): ChildProcess {
  const { data, account } = folder;
  const settings = [...FIXED_SETTINGS, ...listenSettings(options.port)].flatMap((setting) => ['-c', setting]);
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    return spawn(join(options.binDir, 'postgres'), ['-D', folderArgument(data, account), ...settings], {
      cwd: data,
      env: programEnvironment(),
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl-C in a terminal must not end the database before those who use it.
      detached: true,
      windowsHide: true,
      ...(account ?? {}),
    });
  } finally {
    closeSync(log);
  }
}

const FIXED_SETTINGS = [
  'max_connections=200',
  'lc_messages=C',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_min_messages=warning',
  'log_checkpoints=off',
  'logging_collector=off',
  'jit=off',
];

function listenSettings(port: number | undefined): string[] {
  if (port !== undefined) return ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='];
  const socket = ['unix_socket_directories=.', 'unix_socket_permissions=0700'];
  return ['listen_addresses=', 'port=5432', ...socket];
}

/** Asks until the server takes a connection; another process's server of the same folder is not `ours`. */
async function answers(
  connection: StoreConnection,
  options: { ours: () => Promise<boolean>; signal: AbortSignal; dir: string },
): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS;
  for (let last: unknown; !options.signal.aborted; await wait(15)) {
    if (performance.now() > until) throw programError('postgres', `It did not answer in time: ${last}`, options.dir);
    const client = new pg.Client(clientConfig(connection, 'orchestrator-start'));
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      if (await options.ours()) return;
    } catch (error) {
      last = error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The server's log file `postgres.log`; `tail` reads what was written since now. */
async function openLog(dir: string): Promise<{ path: string; tail(): Promise<string> }> {
  const path = join(dir, 'postgres.log');
  let start = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (start > MAX_LOG_BYTES) {
    await rename(path, `${path}.1`);
    start = 0;
  }
  const tail = async (): Promise<string> => {
    const file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16_384), 0, 16_384, start);
    await file.close();
    return buffer.subarray(0, bytesRead).toString('utf8');
  };
  return { path, tail };
}
