/**
 * The account PostgreSQL runs as. Host side. PostgreSQL refuses root, so that root hands it to another user id; that
 * user need not be able to walk to the folder (think of /root): see `server-process.ts`.
 */
import { lstat, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** A user and group id to run as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` on every Linux. */
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/** The account for the server of `dataDir`: undefined is our own; for root the folder's owner, or nobody for a new one. */
export async function serverAccount(dataDir: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await lstat(dataDir).catch(() => undefined);
  return found !== undefined && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : NOBODY;
}

/** Whether the account may walk from the root to `path`, judged by mode bits (access lists are not read). */
export async function canReach(path: string, account: Account): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
