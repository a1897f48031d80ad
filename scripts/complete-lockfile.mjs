#!/usr/bin/env node
/** Adds to package-lock.json the platform packages that npm left out because it could not reach them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { missingOptional, platformEntry } from './lib/lockfile.mjs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = missingOptional(lock.packages);
for (const { parent, name, version } of missing) {
  lock.packages[`node_modules/${name}`] = platformEntry(name, version, lock.packages[parent]);
}
if (missing.length > 0) {
  const [root, ...rest] = Object.entries(lock.packages);
  lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
process.stdout.write(`${missing.length} platform packages added\n`);
