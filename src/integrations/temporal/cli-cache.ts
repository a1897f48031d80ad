/** The project's own Temporal CLI binaries in the user's cache folder, shared by all clones. Host side. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readTemporalCliVersion } from './cli-version.ts';

const BINARY = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const WORK_PREFIX = '.work-';

/** `<user's cache>/ai-orchestrator/temporal`; it holds one folder a version with the binary in it. */
export function defaultCliCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCacheDir(env), 'ai-orchestrator', 'temporal');
}

function userCacheDir(env: NodeJS.ProcessEnv): string {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  const home = env.HOME ?? homedir();
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches');
  if (process.platform === 'win32') return env.LOCALAPPDATA ?? join(home, 'AppData', 'Local');
  return join(home, '.cache');
}

/** The newest binary of the cache that runs. */
export async function findCachedCli(cacheDir: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const names = await readdir(cacheDir).catch(() => []);
  const versions = names.filter((name) => /^\d/.test(name)).sort(newestFirst);
  for (const version of versions) {
    const file = join(cacheDir, version, BINARY);
    if (typeof (await readTemporalCliVersion(file, env)) !== 'string') return file;
  }
  return undefined;
}

function newestFirst(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}

/** A fresh folder to build or download into, beside the versions so that the result can be moved in one step. */
export async function createWorkDir(cacheDir: string): Promise<string> {
  const dir = join(cacheDir, `${WORK_PREFIX}${randomUUID()}`);
  await mkdir(dir, { recursive: true });
  return dir;
}

/** Removes all work folders. Only for the holder of the cache's lock. */
export async function clearWorkDirs(cacheDir: string): Promise<void> {
  const names = await readdir(cacheDir).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(WORK_PREFIX))) {
    await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}

/**
 * Moves the CLI found in a work folder into the cache, and returns its path. The folder's name is `version` or the CLI's
 * own. Undefined when no file of the folder is a CLI that runs.
 */
export async function adoptCli(
  cacheDir: string,
  workDir: string,
  options: { env: NodeJS.ProcessEnv; version?: string },
): Promise<string | undefined> {
  for (const entry of await readdir(workDir, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(workDir, entry.name);
    await chmod(file, 0o755);
    const known = await readTemporalCliVersion(file, options.env);
    if (typeof known === 'string') continue;
    const target = join(cacheDir, options.version ?? known.cli);
    await mkdir(target, { recursive: true });
    await rename(file, join(target, BINARY));
    return join(target, BINARY);
  }
  return undefined;
}
