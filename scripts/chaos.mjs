#!/usr/bin/env node
/** `npm run chaos`: kills, cuts and delays every part by seed. Flags: `--minutes N`, `--seed S`, `--json file`. */
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ensureTemporal } from './lib/ensure-temporal.mjs';
import { main } from './lib/main.mjs';
import { DIST, ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

/** A person's own settings: the run starts its own servers. */
const FOREIGN = /^(ANTHROPIC_|TEMPORAL_|ORCHESTRATOR_|DATABASE_URL$)/;

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const cliPath = await ensureTemporal();
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const args = [`${DIST}/testing/chaos/main.js`, ...process.argv.slice(2)];
  return run(process.execPath, args, { cwd: ROOT, env: { ...own, TEMPORAL_CLI_PATH: cliPath } });
});
