/** Who a process is, beyond its reusable pid, and how to end exactly that process. Host side. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A pid with the moment its process started (opaque text, compared only): a reused pid gets another start time. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** How an `endProcess` went: it was not there, it obeyed, or it had to be killed. */
export type EndOutcome = 'gone' | 'ended' | 'killed';

/** Identity of the process that has this pid now; undefined when there is none or only a zombie. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const startTime = await readStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return (await processIdentity(process.pid)) ?? { pid: process.pid, startTime: 'unknown' };
}

/** Whether exactly this process still runs. A zombie does not run. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await processIdentity(identity.pid);
  return now?.startTime === identity.startTime;
}

/** Ends this process and no other: SIGINT, after `graceMs` SIGTERM, after `graceMs` more SIGKILL; returns when it is gone. */
export async function endProcess(identity: ProcessIdentity, options: { graceMs: number }): Promise<EndOutcome> {
  if (!(await isAlive(identity))) return 'gone';
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    sendSignal(identity.pid, signal);
    if (await waitForEnd(identity, options.graceMs)) return 'ended';
  }
  sendSignal(identity.pid, 'SIGKILL');
  await waitForEnd(identity, 30_000);
  return 'killed';
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; ; await delay(25)) {
    if (!(await isAlive(identity))) return true;
    if (Date.now() >= end) return false;
  }
}

async function readStartTime(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return await readFromProc(pid);
  if (process.platform === 'win32') return await askPowerShell(pid);
  return await askPs(pid);
}

/** Start time in clock ticks (field 22 of stat), made unique over boots by the boot id. */
async function readFromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field, the command in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || ticks === undefined) return undefined;
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${bootId.trim()}:${ticks}`;
}

async function askPs(pid: number): Promise<string | undefined> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const answer = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { env }).catch(() => undefined);
  const [, state, started] = /^(\S+)\s+(.+)$/.exec(answer?.stdout.trim() ?? '') ?? [];
  return state?.startsWith('Z') ? undefined : started?.trim();
}

async function askPowerShell(pid: number): Promise<string | undefined> {
  const command = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`;
  const answer = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command], {
    windowsHide: true,
  }).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
}
