/** Servers a test run started, written down so that they can be ended by id whatever happens. Scripts and tests only. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Notes a process that belongs to a run. @param {string} runDir @param {number} pid */
export function noteProcess(runDir, pid) {
  appendFileSync(join(runDir, 'pids'), `${pid}\n`);
}

/** Ends the noted processes that still run; one whose command line does not name the run's folder is another's. */
export function endLeftovers(runDir) {
  const file = join(runDir, 'pids');
  const pids = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [];
  for (const pid of pids) {
    if (!commandOf(pid).includes(runDir)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** Command line of a process, empty when there is none. */
function commandOf(pid) {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
