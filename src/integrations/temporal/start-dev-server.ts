/** Starts the embedded Temporal server: a child process on loopback with its database in one folder. Host side. */
import { Connection } from '@temporalio/client';
import { OrchestratorError } from '../../core/failures.ts';
import { tryLock } from '../instance/lock.ts';
import { endProcess, type ProcessIdentity } from '../instance/process-identity.ts';
import { type ServerProcess, spawnServer } from '../instance/spawn-server.ts';
import { devServerFailure } from './dev-server-failure.ts';
import {
  alreadyServed,
  type DevServerFiles,
  logSize,
  markCreated,
  prepareDevServerFiles,
  readLogTail,
} from './dev-server-files.ts';
import { freePort } from './free-port.ts';

export interface DevServerOptions {
  readonly cliPath: string;
  /** Folder of the database and the log; created when missing. One server at a time. */
  readonly dir: string;
  /** Wished ports; 0 or taken: another free one. */
  readonly port: number;
  readonly uiPort: number;
  /** Take these ports or fail: clients hold on to the address. */
  readonly exactPorts?: boolean;
  readonly namespace: string;
  readonly onProgress?: (line: string) => void;
  /** Called with the server's process before the server begins; when it throws, the server never does. */
  readonly onSpawn?: (identity: ProcessIdentity) => Promise<void>;
  /** Default 60,000. */
  readonly readyTimeoutMs?: number;
}

export interface DevServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  readonly identity: ProcessIdentity;
  stop(): Promise<void>;
  /** Exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
}

const HOST = '127.0.0.1';
const STOP_GRACE_MS = 8_000;
const PORT_ATTEMPTS = 3;

/**
 * Starts the server and returns when it answers and its namespace exists. Errors: `temporal.running`,
 * `temporal.database-…` (lost, damaged, locked, unwritable), `temporal.disk-full`, `temporal.port-taken`,
 * `temporal.start-failed`; each with a remedy.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const files = await prepareDevServerFiles(options.dir);
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(options, files);
    try {
      return await startOn(ports, files, options);
    } catch (error) {
      const portTaken = error instanceof OrchestratorError && error.code === 'temporal.port-taken';
      if (!portTaken || options.exactPorts || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

async function choosePorts(options: DevServerOptions, files: DevServerFiles): Promise<Ports> {
  const port = await freePort(options.port, [options.uiPort]);
  const uiPort = await freePort(options.uiPort, [port]);
  if (options.exactPorts && (port !== options.port || uiPort !== options.uiPort)) {
    const { dir, database, log } = files;
    throw devServerFailure('address already in use', {
      dir,
      database,
      log,
      port: options.port,
      uiPort: options.uiPort,
    });
  }
  if (options.port !== 0 && port !== options.port) options.onProgress?.(`Port ${options.port} is taken: using ${port}`);
  if (options.uiPort !== 0 && uiPort !== options.uiPort) {
    options.onProgress?.(`Port ${options.uiPort} is taken: the Temporal Web UI is on ${uiPort}`);
  }
  return { port, uiPort };
}

async function startOn(ports: Ports, files: DevServerFiles, options: DevServerOptions): Promise<DevServer> {
  const offset = await logSize(files.log);
  const server = await spawnServer({
    command: options.cliPath,
    args: serverArgs(ports, files.database, options.namespace),
    env: serverEnvironment(),
    logFile: files.log,
    onSpawn: async (identity) => {
      await lockFor(files, identity);
      await options.onSpawn?.(identity);
    },
  });
  const address = `${HOST}:${ports.port}`;
  const facts = { dir: files.dir, database: files.database, log: files.log, ...ports };
  const failed = async () => devServerFailure(await readLogTail(files.log, offset), facts);
  try {
    await becomeReady(
      server,
      { address, namespace: options.namespace, timeoutMs: options.readyTimeoutMs ?? 60_000 },
      failed,
    );
    await markCreated(files);
  } catch (error) {
    await endProcess(server.identity, { graceMs: STOP_GRACE_MS });
    throw error;
  }
  return {
    address,
    uiUrl: `http://${HOST}:${ports.uiPort}`,
    pid: server.identity.pid,
    identity: server.identity,
    exited: server.exited,
    stop: async () => {
      await endProcess(server.identity, { graceMs: STOP_GRACE_MS });
      await server.exited;
    },
  };
}

/** Binds the folder to the server's own process: the lock outlives us, and is free when the server has ended. */
async function lockFor(files: DevServerFiles, identity: ProcessIdentity): Promise<void> {
  const attempt = await tryLock(files.lock, identity);
  if ('heldBy' in attempt) throw alreadyServed(files.database, attempt.heldBy.pid);
}

function serverArgs(ports: Ports, database: string, namespace: string): string[] {
  const dynamicConfig = {
    'system.enableActivityEagerExecution': true,
    'matching.useNewMatcher': true,
    'matching.enableFairness': true,
    // A run that stands still on code it does not fit is tried every 11 s, not at ever longer intervals up to ten minutes:
    // it goes on soon after a version that it fits is back.
    'history.workflowTaskRetryMaxInterval': '1s',
    // The HTTP API cannot be switched off. A host that nobody can send makes it refuse every request (403), so that no
    // web page in this user's browser can start workflows through it.
    'frontend.httpAllowedHosts': ['closed.invalid'],
  };
  const settings = Object.entries(dynamicConfig).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [
    ...['server', 'start-dev', '--ip', HOST, '--namespace', namespace],
    ...['--port', String(ports.port), '--ui-port', String(ports.uiPort)],
    ...['--db-filename', database, '--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
    ...settings.flatMap((setting) => ['--dynamic-config-value', setting]),
    ...['--log-level', 'error'],
  ];
}

/** No secrets and no TEMPORAL_… of ours. GOGC=400: fewer collections, a tenth less CPU. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return { ...Object.fromEntries(kept), GOGC: '400' };
}

interface Target {
  readonly address: string;
  readonly namespace: string;
  readonly timeoutMs: number;
}

/** Returns when the server serves and has the namespace; throws what `failed` makes when it ends or takes too long. */
async function becomeReady(
  server: ServerProcess,
  target: Target,
  failed: () => Promise<OrchestratorError>,
): Promise<void> {
  const connection = Connection.lazy({
    address: target.address,
    interceptors: [],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 200 },
  });
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  const deadline = Date.now() + target.timeoutMs;
  try {
    while (!(await answers(connection, target.namespace))) {
      if (ended || Date.now() > deadline) throw await failed();
      await Promise.race([server.exited, new Promise((resolve) => setTimeout(resolve, 40))]);
    }
    if (ended) throw await failed();
  } finally {
    await connection.close();
  }
}

const SERVING = 1;

async function answers(connection: Connection, namespace: string): Promise<boolean> {
  try {
    return await connection.withDeadline(Date.now() + 2_000, async () => {
      const health = await connection.healthService.check({
        service: 'temporal.api.workflowservice.v1.WorkflowService',
      });
      if (health.status !== SERVING) return false;
      await connection.workflowService.describeNamespace({ namespace });
      return true;
    });
  } catch {
    return false;
  }
}
