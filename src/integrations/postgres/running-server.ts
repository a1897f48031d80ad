/** Finds a server that is already running in a database folder, and ends one by its process id. Host side. */
import { execFile } from 'node:child_process';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { StoreConnection } from '../../store/connection.ts';
import {
  type ClusterFolder,
  EMBEDDED_DATABASE,
  EMBEDDED_USER,
  openClusterFolder,
  readPassword,
} from './cluster-folder.ts';

/** A live server and how to reach it. */
export interface RunningServer {
  readonly pid: number;
  readonly connection: StoreConnection;
}

/** What `postmaster.pid` says: the process, and the loopback port when it does not use a socket. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly tcp: boolean;
}

/** The live server of the folder given to `startEmbeddedPostgres`, whoever started it; undefined when there is none. */
export async function findEmbeddedPostgres(dir: string): Promise<RunningServer | undefined> {
  const folder = await openClusterFolder(dir);
  const file = await readPidFile(folder);
  if (file === undefined || !(await isServerOf(folder, file.pid))) return undefined;
  return { pid: file.pid, connection: await connectionOf(folder, file.tcp ? file.port : undefined) };
}

/** How to reach the folder's server: by its socket, or by a loopback port with the password. */
export async function connectionOf(folder: ClusterFolder, tcpPort: number | undefined): Promise<StoreConnection> {
  if (tcpPort === undefined) {
    return { socketDir: folder.data, port: 5432, user: EMBEDDED_USER, database: EMBEDDED_DATABASE };
  }
  const password = await readPassword(folder);
  return { url: `postgres://${EMBEDDED_USER}:${password}@127.0.0.1:${tcpPort}/${EMBEDDED_DATABASE}` };
}

/** Ends a server: fast shutdown, after `graceMs` (10 s) immediate, at last SIGKILL. Returns when it is gone. */
export async function endServer(pid: number, graceMs = 10_000): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!send(pid, signal)) return;
    const until = performance.now() + graceMs;
    while (performance.now() < until) {
      if (!send(pid, 0)) return;
      await wait(20);
    }
  }
}

/** False when the process is gone. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The lines of `postmaster.pid`: pid, folder, start time, port, socket folder, listen address, … */
export async function readPidFile(folder: ClusterFolder): Promise<PidFile | undefined> {
  const text = await readFile(pidFilePath(folder), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), tcp: (lines[5] ?? '').trim() !== '' };
}

/** Path of the lock file that names the server's process. */
export function pidFilePath(folder: ClusterFolder): string {
  return join(folder.data, 'postmaster.pid');
}

/** Whether the process lives and is a server of this folder, not one that got a dead server's number. */
async function isServerOf(folder: ClusterFolder, pid: number): Promise<boolean> {
  if (!send(pid, 0)) return false;
  if (process.platform === 'linux') {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    return cwd !== undefined && cwd === (await realpath(folder.data));
  }
  const [command, args] =
    process.platform === 'win32'
      ? (['tasklist', ['/FI', `PID eq ${pid}`, '/NH']] as const)
      : (['ps', ['-o', 'command=', '-p', String(pid)]] as const);
  const shown = await promisify(execFile)(command, [...args]).catch(() => undefined);
  return shown === undefined || shown.stdout.includes('postgres');
}
