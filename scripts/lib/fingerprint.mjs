/** Content hashes of files and folders, to know whether work is to be done again. Scripts only. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * One sha-256 over names and contents; order and times of files do not matter, a missing path counts as empty.
 * @param {string} root folder the names are relative to
 * @param {readonly string[]} paths files or folders under `root`
 */
export function fingerprint(root, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesUnder(join(root, path))).sort()) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** All files at or under a path; none when it does not exist. */
export function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return filesUnder(join(path, entry.name));
    return entry.isFile() ? [join(path, entry.name)] : [];
  });
}
