/** Runs a helper program to its end, within a time. Host side. */
import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Ends the program, as the time limit does. */
  readonly signal?: AbortSignal;
}

/** `code` is null when the program could not start, was ended by a signal or ran out of time. */
export interface CommandResult {
  readonly code: number | null;
  /** Standard output and error together, at most the last 64 KB. */
  readonly output: string;
  readonly timedOut: boolean;
}

const KEPT = 64 * 1024;

/** Never throws: what went wrong is in the result. At the time limit the program and its children are killed. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const group = process.platform !== 'win32';
  const child = spawn(command, args, {
    env: options.env,
    cwd: options.cwd,
    detached: group,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let timedOut = false;
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return await new Promise((resolve) => {
    const kill = () => killTree(child.pid, group);
    const end = (code: number | null) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      resolve({ code, output: output.trim(), timedOut });
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeoutMs);
    if (options.signal?.aborted) kill();
    options.signal?.addEventListener('abort', kill);
    child.once('error', (error) => {
      output = error.message;
      end(null);
    });
    child.once('close', end);
  });
}

function killTree(pid: number | undefined, group: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(group ? -pid : pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
