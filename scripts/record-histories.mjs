#!/usr/bin/env node
/**
 * `npm run histories`: runs the workflow tests, keeps their histories as the archive, and replays it. Nothing changes
 * unless all tests pass. `-- --release` copies the archive as it stands into a folder of this version, which stays.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { say } from './lib/progress.mjs';
import { run } from './lib/run.mjs';

const ARCHIVE = join(ROOT, 'tests/histories');

await main(async () => (process.argv.includes('--release') ? release() : record()));

async function record() {
  const fresh = mkdtempSync(join(tmpdir(), 'orchestrator-histories-'));
  try {
    const failed = await test(['tests/workflows'], { RECORD_HISTORIES: fresh });
    if (failed !== 0) {
      say('The archive is as it was: histories are kept only when all workflow tests pass.');
      return failed;
    }
    replace(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return test(['tests/replay']);
}

function test(paths, env = {}) {
  const script = join(ROOT, 'scripts/test.mjs');
  return run(process.execPath, [script, ...paths], { cwd: ROOT, env: { ...process.env, ...env } });
}

/** The new histories take the place of the old; those that no test records any more go. */
function replace(fresh) {
  const [before, now] = [histories(ARCHIVE), histories(fresh)];
  for (const name of now) cpSync(join(fresh, name), join(ARCHIVE, name));
  for (const name of before) if (!now.includes(name)) rmSync(join(ARCHIVE, name));
  const list = (names) => names.map((name) => name.replace('.json.gz', '')).join(', ') || 'none';
  say(`${now.length} histories. New: ${list(now.filter((name) => !before.includes(name)))}.`);
  say(`Gone: ${list(before.filter((name) => !now.includes(name)))}.`);
}

/** Histories of a release are replayed for ever, so that its open goals go on under every later version. */
function release() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const folder = join(ARCHIVE, version);
  mkdirSync(folder);
  for (const name of histories(ARCHIVE)) cpSync(join(ARCHIVE, name), join(folder, name));
  say(`The histories of ${version} are in tests/histories/${version}: commit them with the release.`);
  return 0;
}

function histories(folder) {
  return readdirSync(folder).filter((name) => name.endsWith('.json.gz'));
}
