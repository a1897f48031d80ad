/** A terminal that can be typed into and looked at: bash in tmux, on a server of its own. Scripts only. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from './paths.mjs';

const execute = promisify(execFile);
const PATIENCE_MS = 60_000;
/** So long a screen stands still before it is taken for what is shown. */
const STILL_MS = 250;

/**
 * Opens it, with `orchestrator` on its PATH.
 * @param {{ columns: number, rows: number, cwd: string, env: NodeJS.ProcessEnv }} options
 */
export async function openTerminal({ columns, rows, cwd, env }) {
  const socket = `orchestrator-pictures-${process.pid}`;
  const bin = mkdtempSync(join(tmpdir(), 'orchestrator-bin-'));
  const command = join(bin, 'orchestrator');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/orchestrator.mjs')}" "$@"\n`);
  chmodSync(command, 0o755);
  const PATH = `${bin}${delimiter}${env.PATH ?? ''}`;
  const inside = { ...env, PATH, npm_config_loglevel: 'error' };
  const tmux = (...args) => execute('tmux', ['-u', '-L', socket, '-f', '/dev/null', ...args], { cwd, env: inside });
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('new-session', '-d', ...size, "PS1='$ ' exec bash --norc --noprofile");
  const look = async (...flags) => (await tmux('capture-pane', '-p', ...flags)).stdout;
  const press = (...keys) => tmux('send-keys', ...keys);
  return {
    /** Types a line; `enter: false` leaves it standing. */
    async type(line, { enter = true } = {}) {
      await tmux('send-keys', '-l', line);
      if (enter) await press('Enter');
    },
    /** Keys by tmux's names, e.g. `Tab`, `C-l`. */
    press,
    /** What is on the terminal, with colours, once its text is as `isSo` says; `still`: and does not change any more. */
    async waitFor(isSo, { still = false } = {}) {
      const end = Date.now() + PATIENCE_MS;
      while (Date.now() < end) {
        const coloured = await look('-e');
        if (isSo(coloured.replace(/\u001b\[[\d;]*m/g, ''))) {
          if (!still) return coloured;
          await sleep(STILL_MS);
          if ((await look('-e')) === coloured) return coloured;
        }
        await sleep(40);
      }
      throw new Error(`The terminal did not show what was awaited:\n${await look()}`);
    },
    async close() {
      await tmux('kill-server');
      rmSync(bin, { recursive: true, force: true });
    },
  };
}
