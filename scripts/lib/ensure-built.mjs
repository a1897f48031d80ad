/** Compiled sources and the workflow bundle in dist/, as fresh as src/. Scripts only; needs node_modules. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { step } from './progress.mjs';
import { mustRun } from './run.mjs';

const INPUTS = ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/lib/bundle-workflows.mjs'];

/**
 * Builds when a source, the lockfile or the compiler's settings changed since the last build. The new dist/ takes the
 * place of the old one whole, so that nobody sees half of it.
 * @param {{ root?: string, force?: boolean }} [options]
 * @returns {Promise<boolean>} whether there was work to do
 */
export async function ensureBuilt({ root = ROOT, force = false } = {}) {
  if (!force && isBuilt(root)) return false;
  await withLock(join(root, 'node_modules/.build-lock'), async () => {
    // Another process may have built while this one waited.
    if (force || !isBuilt(root)) await step('Building', () => build(root));
  });
  return true;
}

/** Whether dist/ was built from what is in the checkout now. */
export function isBuilt(root = ROOT) {
  const stamp = join(root, 'dist/.built');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root, INPUTS);
}

async function build(root) {
  const wanted = fingerprint(root, INPUTS);
  const fresh = join(root, 'dist.new');
  const old = join(root, 'dist.old');
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await mustRun(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    stdio: [0, 2, 2],
  });
  const { bundleWorkflows } = await import('./bundle-workflows.mjs');
  writeFileSync(join(fresh, 'workflow-bundle.js'), await bundleWorkflows(join(fresh, 'workflows/index.js')));
  writeFileSync(join(fresh, '.built'), wanted);
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(fresh, join(root, 'dist'));
  rmSync(old, { recursive: true, force: true });
}
