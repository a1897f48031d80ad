/** The folder of an embedded instance: where it is, and that it can be written. Host side. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { OrchestratorError } from '../../core/failures.ts';

/** Absolute path of a configured folder; `~` is the user's home. */
export function expandPath(path: string): string {
  if (path === '~') return homedir();
  return /^~[/\\]/.test(path) ? join(homedir(), path.slice(2)) : resolve(path);
}

/** Folder of the instance: simulated work has one of its own, so that it never mixes with real goals. */
export function instanceDir(dataDir: string, options: { simulate: boolean }): string {
  const dir = expandPath(dataDir);
  return options.simulate ? join(dir, 'simulated') : dir;
}

/** Creates the folder (mode 0700) when it is missing and proves that it can be written; `instance.data-dir` otherwise. */
export async function prepareDataDir(path: string): Promise<string> {
  const dir = expandPath(path);
  const probe = join(dir, `.probe-${randomUUID()}`);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeFile(probe, 'probe', { flag: 'wx', mode: 0o600 });
    await rm(probe);
    return dir;
  } catch (error) {
    await rm(probe, { force: true }).catch(() => undefined);
    const { why, remedy } = explain((error as NodeJS.ErrnoException).code);
    throw new OrchestratorError('instance.data-dir', `The data folder ${dir} cannot be used: ${why}.`, {
      remedy,
      facts: { path: dir, why },
      cause: error,
    });
  }
}

function explain(code: string | undefined): { why: string; remedy: string } {
  const elsewhere = 'or set `dataDir` to another folder';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return { why: 'this user may not write there', remedy: `Correct its owner or permissions, ${elsewhere}.` };
    case 'EROFS':
      return { why: 'its file system is read-only', remedy: `Mount it writable, ${elsewhere}.` };
    case 'ENOSPC':
    case 'EDQUOT':
      return { why: 'the disk is full', remedy: `Free some space, ${elsewhere}.` };
    case 'EEXIST':
    case 'ENOTDIR':
      return { why: 'a file stands in its place', remedy: `Move that file away, ${elsewhere}.` };
    default:
      return { why: code ?? 'unknown reason', remedy: `Check the path, ${elsewhere}.` };
  }
}
