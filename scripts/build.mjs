#!/usr/bin/env node
/** `npm run build`: dependencies, dist/ and the workflow bundle; `--force` builds an unchanged tree again. */
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { main } from './lib/main.mjs';
import { say } from './lib/progress.mjs';

await main(async () => {
  await ensureInstalled();
  const built = await ensureBuilt({ force: process.argv.includes('--force') });
  if (!built) say('dist/ is up to date');
});
