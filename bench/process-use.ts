/** CPU time and memory of processes, read from /proc (Linux; elsewhere zero). Benchmark only. */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU ms of a process since its start, its children that are running or were waited for included. */
export function cpuMs(pid: number): number {
  return family(pid).reduce((sum, { ticks }) => sum + ticks, 0) * MS_PER_TICK;
}

/** Resident memory in MB, of a process alone or (shared pages counted by share) with its children. */
export function memoryMb(pid: number): number {
  const all = family(pid);
  const kb = all.map((one) =>
    all.length > 1 ? field(one.pid, 'smaps_rollup', 'Pss') : field(one.pid, 'status', 'VmRSS'),
  );
  return kb.reduce((sum, value) => sum + value, 0) / 1_024;
}

/** Linux reports in hundredths of a second on all usual machines. */
const MS_PER_TICK = 10;

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

function family(pid: number): Entry[] {
  const all = entries();
  return all.filter((one) => one.pid === pid || one.parent === pid);
}

function entries(): Entry[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readEntry(Number(name)) : []));
}

/** The fields after the command's name, which may hold anything: state is the first of them. */
function readEntry(pid: number): Entry[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] ?? 0), 0);
    return [{ pid, parent: fields[1] ?? 0, ticks }];
  } catch {
    return [];
  }
}

function field(pid: number, file: string, name: string): number {
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The machine's one-minute load. */
export function load(): string {
  try {
    return readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
  } catch {
    return 'unknown';
  }
}
