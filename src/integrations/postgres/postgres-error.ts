/** Errors of the embedded PostgreSQL as people see them: what happened, to which folder, what to do now. Host side. */
import { OrchestratorError } from '../../core/failures.ts';

/** What can go wrong with the embedded server. */
export type PostgresErrorCode =
  | 'postgres.no-binaries'
  | 'postgres.libraries'
  | 'postgres.folder'
  | 'postgres.disk-full'
  | 'postgres.version'
  | 'postgres.running'
  | 'postgres.start-failed';

/** The way out that always works. */
export const OTHER_DATABASE = 'or set DATABASE_URL to a PostgreSQL server of your own';

/** Makes an error of the embedded server; `facts` carry the folder, the pid and the like. */
export function postgresError(
  code: PostgresErrorCode,
  message: string,
  options: { remedy: string; facts?: Record<string, unknown>; cause?: unknown },
): OrchestratorError {
  return new OrchestratorError(code, message, options);
}

/** Turns a file system error on `path` into one that says what to do; others come back as they are. */
export function folderError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, error);
  const why: Record<string, string> = {
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'its file system is read-only',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'a file is in its place',
    ENOENT: 'it cannot be created',
  };
  const reason = code === undefined ? undefined : why[code];
  if (reason === undefined) return error;
  return postgresError('postgres.folder', `The database folder ${path} cannot be used: ${reason} (${code}).`, {
    remedy: `Set the data folder (dataDir) to one you may write, ${OTHER_DATABASE}.`,
    facts: { path },
    cause: error,
  });
}

/** The disk that holds `path` is full. */
export function diskFull(path: string, cause?: unknown): OrchestratorError {
  return postgresError('postgres.disk-full', `The disk of the database folder ${path} is full.`, {
    remedy: `Free some space (a new database needs 60 MB) and start again, ${OTHER_DATABASE}.`,
    facts: { path },
    cause,
  });
}

/** Explains what `initdb` or `postgres` wrote before it gave up. */
export function programError(program: string, output: string, path: string): OrchestratorError {
  if (/no space left on device|disk quota exceeded|check free disk space/i.test(output))
    return diskFull(path, new Error(output));
  const said = output.trim().split('\n').slice(-8).join('\n');
  return postgresError('postgres.start-failed', `${program} failed for ${path}:\n${said || 'it wrote nothing'}`, {
    remedy: `Read what it says; ${path} is left as it was. Correct the cause, ${OTHER_DATABASE}.`,
    facts: { path, program },
  });
}
