/** Paths that a configuration names: what they are relative to, and whether they can be written. Host side. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { configInvalid } from './problems.ts';

/** The absolute path of a configured one: `~` is the home folder, a relative one starts at `baseDir`. */
export function resolveConfigPath(baseDir: string, path: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? resolve(path) : resolve(baseDir, path);
}

/**
 * Makes the folder of setting `key` (readable to its owner only) when it is missing, and checks that it can be written.
 * Throws `OrchestratorError` `config.invalid` with the key and path.
 */
export function requireWritableFolder(key: string, path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const message = `the folder cannot be written (${code})`;
    const remedy = 'Give a folder that you may write, or make this one so.';
    throw configInvalid([{ key, value: JSON.stringify(path), source: 'file system', message, remedy }]);
  }
}
