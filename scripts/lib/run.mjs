/** Child processes that are awaited and that end with their parent. Scripts only. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** On a terminal Ctrl-C reaches the child by itself; sent on as well, it would count as a second one. */
const FORWARDED = process.stdin.isTTY ? ['SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SWALLOWED = process.stdin.isTTY ? ['SIGINT'] : [];

/**
 * Runs a command to its end with the terminal shared; a signal to this process ends the child first.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code, or 128 + the number of the signal that ended it
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const handlers = [
      ...FORWARDED.map((signal) => [signal, () => child.kill(signal)]),
      ...SWALLOWED.map((signal) => [signal, () => {}]),
    ];
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const unhook = () => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
    };
    child.once('error', (error) => {
      unhook();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      unhook();
      resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0));
    });
  });
}

/** Like `run`, but anything but exit code 0 is an error. */
export async function mustRun(command, args, options = {}) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` ended with exit code ${code}.`);
}
