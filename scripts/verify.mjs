#!/usr/bin/env node
/** `npm run verify`: everything that must hold before a change goes in, with a table of what it took. */
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { say } from './lib/progress.mjs';
import { run } from './lib/run.mjs';

const bin = (path, ...args) => [`node_modules/${path}`, ...args];
const STEPS = [
  ['types', bin('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['types in the workflow sandbox', bin('typescript/bin/tsc', '-p', 'tsconfig.sandbox.json')],
  ['lint', bin('@biomejs/biome/bin/biome', 'check', '.')],
  ['unused', bin('knip/bin/knip.js')],
  ['tests and guards', ['scripts/test.mjs']],
];

await main(async () => {
  await ensureInstalled();
  const rows = [];
  for (const [title, args] of STEPS) {
    say(`\n== ${title}`);
    const start = Date.now();
    const code = await run(process.execPath, args, { cwd: ROOT });
    rows.push({ title, code, seconds: (Date.now() - start) / 1000 });
  }
  process.stdout.write(`\n${rows.map(line).join('\n')}\n`);
  return rows.every((row) => row.code === 0) ? 0 : 1;
});

function line({ title, code, seconds }) {
  return `${code === 0 ? 'ok    ' : 'FAILED'}  ${title.padEnd(30)} ${seconds.toFixed(1).padStart(7)} s`;
}
