/** Starts a server process that does nothing before its identity is on record, so that no crash of ours can leave an unknown one. Host side. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { OrchestratorError } from '../../core/failures.ts';
import { type ProcessIdentity, processIdentity } from './process-identity.ts';

export interface SpawnServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Records the process. The server begins when this resolves, and never when it rejects. */
  readonly onSpawn: (identity: ProcessIdentity) => Promise<void>;
}

export interface ServerProcess {
  readonly identity: ProcessIdentity;
  /** Exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
}

// Waits for one line, then becomes the server under the same pid. End of input, as when we die, ends it.
const GATE = 'umask 077; read -r go || exit 75; exec "$0" "$@" </dev/null';

/** Spawns the server in a session of its own: a Ctrl-C on our terminal reaches us, not it. */
export async function spawnServer(options: SpawnServerOptions): Promise<ServerProcess> {
  const log = await open(options.logFile, 'a', 0o600);
  const child = startChild(options, log.fd);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  try {
    await once(child, 'spawn');
    const identity = child.pid === undefined ? undefined : await processIdentity(child.pid);
    if (!identity) throw new Error('the process ended at once');
    await options.onSpawn(identity);
    child.stdin?.end('go\n');
    return { identity, exited };
  } catch (error) {
    if (process.platform === 'win32') child.kill();
    child.stdin?.destroy();
    if (error instanceof OrchestratorError) throw error;
    throw new OrchestratorError('instance.spawn', `${options.command} could not be started: ${String(error)}.`, {
      remedy: 'Check that the program exists and may be run.',
      facts: { command: options.command },
      cause: error,
    });
  } finally {
    await log.close();
  }
}

function startChild(options: SpawnServerOptions, logFd: number): ChildProcess {
  const { command, args, env } = options;
  const windows = process.platform === 'win32';
  const child = spawn(windows ? command : '/bin/sh', windows ? args : ['-c', GATE, command, ...args], {
    env,
    detached: true,
    windowsHide: true,
    stdio: [windows ? 'ignore' : 'pipe', logFd, logFd],
  });
  // Writing to a child that has just died is no news: `exited` tells.
  child.stdin?.on('error', () => undefined);
  return child;
}
