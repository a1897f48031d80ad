/** `doctor` about the machine: Node, data folder, disk space, ports. Host side. */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FoundInstance } from '../../integrations/instance/record.ts';
import { freePort } from '../../integrations/temporal/free-port.ts';
import type { Machine, Resources } from '../../workers/resources.ts';
import { workerText } from '../view/worker-text.ts';
import { type Finding, fail, ok, warn } from './check.ts';

const GIB = 1024 ** 3;

/** Node's version against `engines` and its support. Pure. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    return fail('Node.js', `${version} is too old.`, 'Install Node.js 22 or 24 (at least 20.19).');
  }
  if (major < 22)
    return warn('Node.js', `${version} works, but gets no security fixes any more.`, 'Use Node.js 22 or 24.');
  return ok('Node.js', version);
}

/** Whether the folder, or what it will be made in, can be written, and whether others can read it. */
export async function checkDataFolder(dir: string): Promise<Finding> {
  const existing = await nearestExisting(dir);
  const writable = await access(existing, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return fail('Data folder', `${existing} cannot be written.`, 'Correct its permissions, or set dataDir elsewhere.');
  if (existing !== dir) return ok('Data folder', `${dir} (made at the first start)`);
  const { mode } = await stat(dir);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return warn('Data folder', `${dir} is open to other users of this machine.`, `chmod 700 ${dir}`);
  }
  return ok('Data folder', dir);
}

/** Free space where the folder is. */
export async function checkDisk(dir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestExisting(dir));
  return judgeDisk(bavail * bsize);
}

/** Free bytes judged: goals need little, the databases grow. Pure. */
export function judgeDisk(freeBytes: number): Finding {
  const text = `${(freeBytes / GIB).toFixed(1)} GiB free`;
  const remedy = 'Free some space, or set dataDir to another disk.';
  if (freeBytes < 0.5 * GIB) return fail('Disk space', text, remedy);
  return freeBytes < 2 * GIB ? warn('Disk space', text, remedy) : ok('Disk space', text);
}

/** Whether the wished ports are free, when no instance of ours has them. */
export async function checkPorts(ports: readonly number[], found: FoundInstance): Promise<Finding> {
  if (found.state === 'running') return ok('Ports', 'the running instance has its own');
  const taken: number[] = [];
  for (const port of ports) if (port !== 0 && (await freePort(port)) !== port) taken.push(port);
  if (taken.length === 0) return ok('Ports', ports.join(', '));
  return ok('Ports', `${taken.join(' and ')} in use; free ones are taken in their place`);
}

/** What a worker here takes on at once. Pure. */
export function describeWorker(resources: Resources, { cores, memoryMb }: Machine): Finding {
  return ok('Worker', `${cores} cores, ${memoryMb} MB: ${workerText(resources)}`);
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  const parent = dirname(path);
  return exists || parent === path ? path : nearestExisting(parent);
}
