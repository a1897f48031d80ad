#!/usr/bin/env node
/**
 * `npm run bench`: measures ours against bare Temporal and plain promises. Flags: `--quick`, `--slow`, `--json file`,
 * `--write file.md`, `--compare file.json`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleBench, compileBench } from './lib/compile-bench.mjs';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ensureTemporal } from './lib/ensure-temporal.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

/** A person's own settings: the benchmark starts its own servers. */
const FOREIGN = /^(ANTHROPIC_|TEMPORAL_|ORCHESTRATOR_|DATABASE_URL$)/;

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const cliPath = await ensureTemporal();
  const folder = await compileBench();
  const bundle = join(folder, 'bare-bundle.js');
  writeFileSync(bundle, await bundleBench(folder));
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const args = [join(folder, 'main.js'), '--bare-bundle', bundle, ...process.argv.slice(2)];
  return run(process.execPath, args, { cwd: ROOT, env: { ...own, TEMPORAL_CLI_PATH: cliPath } });
});
