/** Reads stored histories: those of the code as it is, and those of each release in a folder of its own. Tests only. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';

const END = '.json.gz';

/**
 * @param {string} dir
 * @param {number} [maxBytes] larger files are left out
 * @returns {{ name: string, history: object }[]} by name, e.g. `diamond` or `0.1.0/diamond`
 */
export function readArchive(dir, maxBytes = Infinity) {
  const files = readdirSync(dir, { recursive: true }).filter((name) => name.endsWith(END));
  return files
    .filter((name) => statSync(join(dir, name)).size <= maxBytes)
    .sort()
    .map((name) => ({
      name: name.slice(0, -END.length).replaceAll(sep, '/'),
      history: JSON.parse(gunzipSync(readFileSync(join(dir, name))).toString('utf8')),
    }));
}
