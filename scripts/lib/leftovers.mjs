/** Servers a test run started, written down so that they can be ended by id whatever happens. Scripts and tests only. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Notes a process that belongs to a run. @param {string} runDir @param {number} pid */
export function noteProcess(runDir, pid) {
  appendFileSync(join(runDir, 'processes'), `${pid} ${startOf(pid)}\n`);
}

/** Ends the noted processes that still run; an id that has gone to another process since is left alone. */
export function endLeftovers(runDir) {
  const file = join(runDir, 'processes');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  for (const [pid, ...start] of lines.map((line) => line.split(' '))) {
    const began = startOf(Number(pid));
    if (began === 'gone' || began !== start.join(' ')) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** When a process began, as the system writes it; "gone" when there is none. */
function startOf(pid) {
  try {
    // Field 22; the second one, the name in parentheses, may hold spaces.
    if (existsSync('/proc/self/stat'))
      return readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19];
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .replace(/\s+/g, ' ');
  } catch {
    return 'gone';
  }
}
