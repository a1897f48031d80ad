/** Confines file paths to a goal's workspace: no absolute paths, no `..`, no links. Host side. */
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_PATH_BYTES = 512;
const FORBIDDEN = /[\u0000-\u001f\u007f\\:*?"<>|]/;

/** Why a path is refused, in words for the model. */
export class PathRefused extends Error {
  override readonly name = 'PathRefused';
}

/** The segments of a relative path, checked by form only. */
export function pathSegments(path: string): string[] {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new PathRefused(`The path is longer than ${MAX_PATH_BYTES} bytes.`);
  if (path.startsWith('/')) throw new PathRefused('The path must be relative to the workspace.');
  if (FORBIDDEN.test(path)) throw new PathRefused('The path holds a character that is not allowed.');
  const segments = path
    .normalize('NFC')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw new PathRefused('The path may not leave the workspace.');
  return segments;
}

/** Like `confine`, for a path that must name a file rather than the workspace itself. */
export async function confineFile(root: string, path: string, makeParents = false): Promise<string> {
  if (pathSegments(path).length === 0) throw new PathRefused('The path does not name a file.');
  return confine(root, path, makeParents);
}

/**
 * The absolute path of `path` inside `root`. Every existing part must be a real folder or file, never a link.
 * With `makeParents` missing parent folders are created.
 */
export async function confine(root: string, path: string, makeParents = false): Promise<string> {
  const segments = pathSegments(path);
  await mkdir(root, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    // On a read-only disk Node.js says ENOENT here, as if a file were missing.
    throw new Error('the workspace cannot be made: its disk cannot be written', { cause });
  });
  let at = root;
  for (const [index, segment] of segments.entries()) {
    at = join(at, segment);
    const last = index === segments.length - 1;
    if (!last && makeParents) await makeFolder(at);
    const stat = await lstat(at).catch(() => undefined);
    if (stat?.isSymbolicLink()) throw new PathRefused('The path goes through a link.');
    if (stat && !last && !stat.isDirectory())
      throw new PathRefused(`"${segments.slice(0, index + 1).join('/')}" is not a folder.`);
  }
  return at;
}

/** Another task may make the same folder at the same moment; whatever is there is looked at afterwards. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
