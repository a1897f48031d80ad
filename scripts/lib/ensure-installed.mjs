/** Dependencies in node_modules that match package-lock.json. Scripts only; imports nothing from node_modules. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { ROOT } from './paths.mjs';
import { say, step } from './progress.mjs';
import { run } from './run.mjs';

const LEAST_NODE = [20, 19];

/**
 * Installs the dependencies when node_modules is missing or package-lock.json has changed since. Without work to do it
 * takes a few milliseconds. No install script is needed: what they would prepare is prepared where it is used.
 * @param {string} [root] the checkout
 */
export async function ensureInstalled(root = ROOT) {
  requireNode(process.versions.node);
  const stamp = join(root, 'node_modules/.installed');
  const wanted = fingerprint(root, ['package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!matchesLockfile(root)) await step('Installing dependencies', () => install(root));
  writeFileSync(stamp, wanted);
}

/** Refuses a Node that is too old, with the remedy. @param {string} version */
export function requireNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  throw new Error(`Node ${version} is too old: install Node ${LEAST_NODE.join('.')} or later.`);
}

/** Whether npm's own record of node_modules holds every package of the lockfile that is not optional. */
export function matchesLockfile(root) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(
    ([path, entry]) => path === '' || entry.optional || entry.peer || installed[path]?.version === entry.version,
  );
}

async function install(root) {
  const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  if ((await npm(root, ['ci', ...options])) === 0) return;
  say('`npm ci` failed; trying `npm install` with the same lockfile.');
  if ((await npm(root, ['install', '--no-save', ...options])) === 0) return;
  throw new Error('The dependencies could not be installed. See the messages of npm above, then try again.');
}

/** npm as it was called, else as found on PATH. */
function npm(root, args) {
  const cli = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  if (cli?.endsWith('npm-cli.js')) return run(process.execPath, [cli, ...args], options);
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}
