/** The folder of one embedded database: its layout, creation and version check. Host side. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Account, canReach, serverAccount } from './account.ts';
import { folderError, OTHER_DATABASE, postgresError, programError } from './postgres-error.ts';

/** The only role and database of an embedded server. */
export const EMBEDDED_USER = 'orchestrator';
export const EMBEDDED_DATABASE = 'postgres';
const PASSWORD_FILE = 'orchestrator.password';
/** A leftover of an `initdb` that was killed; a running one is younger. */
const LEFTOVER_AGE_MS = 10 * 60_000;

/** `dir` is what the caller gave; the database itself stands in `dir/data`. */
export interface ClusterFolder {
  readonly dir: string;
  readonly data: string;
  /** Set when root hands the server to another user. */
  readonly account: Account | undefined;
}

/** Makes the folder when it is missing and finds the account. `postgres.folder` when it cannot be used. */
export async function openClusterFolder(path: string): Promise<ClusterFolder> {
  const dir = resolve(path);
  const data = join(dir, 'data');
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const account = await serverAccount(data);
    if (account !== undefined && process.platform !== 'linux') await demandReach(dir, account);
    return { dir, data, account };
  } catch (error) {
    throw folderError(error, dir);
  }
}

/** Only Linux can start a server in a folder its user cannot walk to. */
async function demandReach(dir: string, account: Account): Promise<void> {
  if (await canReach(dir, account)) return;
  throw postgresError(
    'postgres.folder',
    `PostgreSQL may not run as root, and user ${account.uid} cannot reach ${dir}.`,
    {
      remedy: `Run as an ordinary user, set the data folder (dataDir) elsewhere, ${OTHER_DATABASE}.`,
      facts: { path: dir, uid: account.uid },
    },
  );
}

/** How the programs name a folder that is their working directory: by Linux's link to it when it may be out of reach. */
export function folderArgument(path: string, account: Account | undefined): string {
  return account !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : path;
}

/** The environment of PostgreSQL's programs: no secrets of ours, no `PG…` of the user's, messages in English. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/** Whether the database has been created. A folder with something else in it gives `postgres.folder`. */
export async function clusterExists(folder: ClusterFolder): Promise<boolean> {
  const names = await readdir(folder.data).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw folderError(error, folder.data);
  });
  if (names.length > 0 && !names.includes('PG_VERSION')) {
    throw postgresError('postgres.folder', `${folder.data} holds files but no PostgreSQL database.`, {
      remedy: `Move them away or set another data folder (dataDir), ${OTHER_DATABASE}.`,
      facts: { path: folder.data },
    });
  }
  return names.length > 0;
}

/** Creates the database under a temporary name and renames it, so that a kill in between leaves nothing half made. */
export async function createCluster(folder: ClusterFolder, binDir: string): Promise<void> {
  let temporary: string | undefined;
  try {
    await removeLeftovers(folder.dir);
    temporary = await mkdtemp(join(folder.dir, 'init-'));
    const data = join(temporary, 'data');
    await mkdir(data, { mode: 0o700 });
    await writeFile(join(temporary, PASSWORD_FILE), randomBytes(24).toString('hex'), { mode: 0o600 });
    for (const path of [temporary, data, join(temporary, PASSWORD_FILE)]) await give(path, folder.account);
    await runInitdb(data, binDir, folder);
    await rename(join(temporary, PASSWORD_FILE), join(data, PASSWORD_FILE));
    await rename(data, folder.data);
  } catch (error) {
    // Another process was faster: its database is as good as ours.
    if (await clusterExists(folder)) return;
    throw folderError(error, folder.dir);
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

async function give(path: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    if (!name.startsWith('init-')) continue;
    if (Date.now() - (await stat(path)).mtimeMs > LEFTOVER_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

async function runInitdb(data: string, binDir: string, folder: ClusterFolder): Promise<void> {
  const { account } = folder;
  const args = ['-D', folderArgument(data, account), '-U', EMBEDDED_USER, '--encoding=UTF8', '--locale=C'];
  args.push('--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=../${PASSWORD_FILE}`);
  const child = spawn(join(binDir, 'initdb'), args, {
    cwd: data,
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(account ?? {}),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', (error) => failed(programError('initdb', error.message, folder.dir)));
    child.once('close', done);
  });
  if (code !== 0) throw programError('initdb', output, folder.dir);
}

/** The random password made with the database; only loopback TCP asks for it. */
export async function readPassword(folder: ClusterFolder): Promise<string> {
  return (await readFile(join(folder.data, PASSWORD_FILE), 'utf8')).trim();
}

/** Refuses a database made by another major version of PostgreSQL (`postgres.version`). */
export async function checkVersion(folder: ClusterFolder, binaryMajor: string): Promise<void> {
  const found = (await readFile(join(folder.data, 'PG_VERSION'), 'utf8')).trim();
  if (found === binaryMajor) return;
  throw postgresError(
    'postgres.version',
    `The database in ${folder.dir} was made by PostgreSQL ${found}; this version brings ${binaryMajor}.`,
    {
      remedy: 'Export the store with the version that made it, move the folder away, start again and import.',
      facts: { path: folder.dir, found, expected: binaryMajor },
    },
  );
}
