/** Gives a fork the files of the goal it is made from: a copy of the folder as it is at that moment. Activity side. */
import { constants } from 'node:fs';
import { access, cp, lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '../core/failures.ts';

/** More than this is not copied: the fork fails instead. */
export const MAX_FILES = 10_000;
export const MAX_BYTES = 512 * 1024 * 1024;

/** The folders, absolute. */
export interface WorkspaceCopy {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies regular files and folders; links are left out. All or nothing, and a folder that is there stays as it is, so that
 * it may be repeated. Failures: `fork.invalid` over 10,000 files or 512 MB.
 */
export async function copyWorkspace({ from, to }: WorkspaceCopy): Promise<void> {
  if ((await exists(to)) || !(await exists(from))) return;
  await measure(from);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const half = await mkdtemp(`${to}.fork-`);
  try {
    await cp(from, half, { recursive: true, mode: constants.COPYFILE_FICLONE, filter: isNoLink });
    await rename(half, to);
  } catch (error) {
    // Another attempt was first.
    if (!(await exists(to))) throw error;
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

async function measure(root: string): Promise<void> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await lstat(join(entry.parentPath, entry.name))).size;
    if (files > MAX_FILES) throw tooLarge(`more than ${MAX_FILES} files`);
    if (bytes > MAX_BYTES) throw tooLarge(`more than ${MAX_BYTES / 1024 / 1024} MB`);
  }
}

function tooLarge(what: string): Error {
  return failure('fork.invalid', `the workspace of the original has ${what}`);
}

async function isNoLink(path: string): Promise<boolean> {
  const stat = await lstat(path);
  return stat.isFile() || stat.isDirectory();
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
