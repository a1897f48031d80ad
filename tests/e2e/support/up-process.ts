/** `orchestrator up` as a process of its own, over the test servers and with a key for the simulator. Integration tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StoreConnection } from '../../../src/store/connection.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import type { System } from './system.ts';

const BIN = fileURLToPath(new URL('../../../bin/orchestrator.mjs', import.meta.url));

/** What the process may use; default: as this one. `env` goes over what it would be told, e.g. another way to a server. */
export interface Machine {
  readonly openFiles?: number;
  readonly heapMb?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `up`. */
export interface UpProcess {
  readonly pid: number;
  /** Its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  /** What it has written so far. */
  said(): string;
  signal(name: NodeJS.Signals): void;
  /** Sends the signal and waits for the end; ending twice is harmless. Gives the exit code. */
  end(name: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts it as a person with a key would, in a data folder of its own, on the system's Temporal, database and queue:
 * everything by the environment, nothing simulated on its side. Resolves when it is ready.
 */
export async function startUp(system: System, apiKey: string, machine: Machine = {}): Promise<UpProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'e2e-up-'));
  const up = await spawnUp(dataDir, { ...environmentOf(system), ANTHROPIC_API_KEY: apiKey, ...machine.env }, machine);
  void up.ended.then(() => rm(dataDir, { recursive: true, force: true }));
  return up;
}

/** `up` on a data folder, told what `env` says and nothing else; rejects when it ends before it is ready. */
export async function spawnUp(
  dataDir: string,
  env: Readonly<Record<string, string>>,
  machine: Omit<Machine, 'env'> = {},
): Promise<UpProcess> {
  const limit = machine.openFiles === undefined ? '' : `ulimit -n ${machine.openFiles}; `;
  const heap = machine.heapMb === undefined ? [] : [`--max-old-space-size=${machine.heapMb}`];
  const command = [process.execPath, ...heap, BIN, 'up', '--data-dir', dataDir];
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
    cwd: dataDir,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk.toString('utf8');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  await untilReady(child, ended);
  return {
    pid: child.pid ?? 0,
    ended,
    said: () => said,
    signal: (name) => child.kill(name),
    end(name) {
      child.kill(name);
      return ended;
    },
  };
}

function environmentOf({ address, namespace, database, config, simulator }: System): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    DATABASE_URL: databaseUrl(database),
    ANTHROPIC_BASE_URL: simulator.url,
    ORCHESTRATOR_TEMPORAL__TASK_QUEUE: config.temporal.taskQueue,
    ORCHESTRATOR_WORKER__SHUTDOWN_GRACE_MS: '500',
  };
}

/** The connection as a URL; a socket's folder goes into the query, as libpq has it. */
export function databaseUrl(connection: StoreConnection): string {
  if ('url' in connection) return connection.url;
  const { socketDir, port, user, database, password } = connection;
  const url = new URL(`postgresql://localhost:${port}/${database}`);
  url.username = user;
  if (password !== undefined) url.password = password;
  url.searchParams.set('host', socketDir);
  return url.href;
}

async function untilReady(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  let said = '';
  const ready = new Promise<void>((resolve) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (said.includes('AI Orchestrator is up')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  });
  const late = sleep(PATIENCE_MS, 'late', { ref: false });
  const first = await Promise.race([ready, late, ended.then(() => 'ended')]);
  if (first === undefined) return;
  child.kill('SIGKILL');
  throw new Error(`up did not start (${first}): ${said}`);
}
