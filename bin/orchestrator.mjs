#!/usr/bin/env node
/** The `orchestrator` command. In a checkout it builds what changed first; an installed package is built already. */
import { existsSync } from 'node:fs';

const inCheckout =
  existsSync(new URL('../src', import.meta.url)) && existsSync(new URL('../tsconfig.build.json', import.meta.url));
const entry = new URL('../dist/cli/main.js', import.meta.url);

try {
  if (inCheckout) await prepare();
  const { main } = await import(entry.href);
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function prepare() {
  const { ensureInstalled } = await import('../scripts/lib/ensure-installed.mjs');
  const { ensureBuilt } = await import('../scripts/lib/ensure-built.mjs');
  await ensureInstalled();
  await ensureBuilt();
}
