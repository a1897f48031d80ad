/** A terminal that can be looked at: tmux, on a server of its own. Scripts only. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const PATIENCE_MS = 120_000;

/**
 * Types a command into a terminal of the given size.
 * @param {string} command shown after a `$`, then run
 * @param {{ columns: number, rows: number, cwd: string, env: NodeJS.ProcessEnv }} options
 */
export async function openTerminal(command, { columns, rows, cwd, env }) {
  const socket = `orchestrator-pictures-${process.pid}`;
  const tmux = (...args) => execute('tmux', ['-u', '-L', socket, '-f', '/dev/null', ...args], { cwd, env });
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('new-session', '-d', ...size, `printf '$ ${command}\\n'; npm_config_loglevel=error ${command}; read end`);
  const look = async (...flags) => (await tmux('capture-pane', '-p', ...flags)).stdout;
  return {
    /** What is on the terminal, with colours, once its text is as `isSo` says. */
    async waitFor(isSo) {
      const end = Date.now() + PATIENCE_MS;
      while (Date.now() < end) {
        const coloured = await look('-e');
        if (isSo(coloured.replace(/\u001b\[[\d;]*m/g, ''))) return coloured;
        await sleep(40);
      }
      throw new Error(`\`${command}\` did not show what was awaited:\n${await look()}`);
    },
    close: () => tmux('kill-server'),
  };
}
