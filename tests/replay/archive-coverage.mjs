/**
 * Which lines and branches of the workflows the archive reaches: node archive-coverage.mjs DIR, after a build. Prints one
 * JSON object per file: { file, lines, covered, missed } with the numbers of the lines that no history reaches.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectCoverage } from '../../scripts/lib/coverage.mjs';
import { BUNDLE, ROOT } from '../../scripts/lib/paths.mjs';
import { readArchive } from './read-archive.mjs';

const [dir, role] = process.argv.slice(2);
if (role === 'replay') await replay();
else await measure();

/** In a process of its own, whose coverage Node writes down. */
async function replay() {
  const { Runtime, Worker } = await import('@temporalio/worker');
  const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger, telemetryOptions: { logging: { forward: {}, filter: 'OFF' } } });
  const histories = readArchive(dir).map(({ name, history }) => ({ workflowId: name, history }));
  const results = Worker.runReplayHistories({ workflowBundle: { codePath: BUNDLE } }, histories);
  for await (const { workflowId, error } of results) if (error) throw new Error(`${workflowId}: ${error.message}`);
}

async function measure() {
  const rawDir = mkdtempSync(join(tmpdir(), 'orchestrator-archive-'));
  try {
    const env = { ...process.env, NODE_V8_COVERAGE: rawDir };
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), dir, 'replay'], { env, stdio: [0, 2, 2] });
    const map = await collectCoverage({ root: ROOT, jestFile: '', rawDir, room: 'workflows' });
    for (const path of map.files().sort()) print(path, map.fileCoverageFor(path));
  } finally {
    rmSync(rawDir, { recursive: true, force: true });
  }
}

function print(path, coverage) {
  const lines = coverage.getLineCoverage();
  const all = Object.keys(lines).map(Number);
  const missed = all.filter((line) => lines[line] === 0);
  const file = relative(ROOT, path).replaceAll('\\', '/');
  console.log(JSON.stringify({ file, lines: all.length, covered: all.length - missed.length, missed }));
}
