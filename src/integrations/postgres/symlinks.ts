/** Restores the library links that npm packages cannot carry, as the platform package's install script would. Host side. */
import { lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { OTHER_DATABASE, postgresError } from './postgres-error.ts';

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes each missing link of `native/pg-symlinks.json`. Safe when several do it at once; nothing that exists is touched.
 * A folder that cannot be written gives `postgres.libraries`.
 */
export async function restoreSymlinks(packageDir: string): Promise<void> {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  const text = await readFile(list, 'utf8').catch(() => '[]');
  for (const link of JSON.parse(text) as Link[]) await restore(packageDir, link);
}

async function restore(packageDir: string, link: Link): Promise<void> {
  const at = join(packageDir, link.target);
  if ((await lstat(at).catch(() => undefined)) !== undefined) return;
  try {
    await symlink(relative(dirname(link.target), link.source), at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw postgresError('postgres.libraries', `PostgreSQL's library link ${at} is missing and cannot be made.`, {
      remedy: `Run \`npm rebuild\` as a user who may write ${packageDir}, ${OTHER_DATABASE}.`,
      facts: { path: at },
      cause: error,
    });
  }
}
