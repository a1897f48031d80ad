/** bench/ compiled beside dist/, whose modules it measures: what users run, not the sources. Scripts only; needs dist/. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const FOLDER = join(ROOT, 'dist.bench');

/**
 * Compiles each module of bench/; imports of `../src` become imports of `../dist`.
 * @returns {Promise<string>} the folder with the compiled modules
 */
export async function compileBench() {
  const { transformFile } = await import('@swc/core');
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'bench')).filter((one) => one.endsWith('.ts'))) {
    const { code } = await transformFile(join(ROOT, 'bench', name), {
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    writeFileSync(join(FOLDER, name.replace(/\.ts$/, '.js')), toDist(code));
  }
  return FOLDER;
}

/** The bare workflow's bundle. @param {string} folder with the compiled modules @returns {Promise<string>} */
export async function bundleBench(folder) {
  const { bundleWorkflows } = await import('./bundle-workflows.mjs');
  return bundleWorkflows(join(folder, 'bare-workflow.js'));
}

function toDist(code) {
  return code.replace(
    /from '(\.\.?\/[^']+)\.ts'/g,
    (_whole, path) => `from '${path.replace('../src/', '../dist/')}.js'`,
  );
}
