#!/usr/bin/env node
/** `npm test`: installs, builds and fetches what is missing, runs Jest, measures coverage, ends what it started. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { ensureInstalled } from './lib/ensure-installed.mjs';
import { ensureTemporal } from './lib/ensure-temporal.mjs';
import { endLeftovers } from './lib/leftovers.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { say } from './lib/progress.mjs';
import { run } from './lib/run.mjs';
import { summarise } from './lib/test-summary.mjs';

const LEAST_LINES = 85;
const COVERAGE = join(ROOT, 'coverage');
const RAW = join(COVERAGE, 'raw');
const JEST_COVERAGE = join(COVERAGE, 'jest');
/** A person's own settings; tests bring theirs. */
const FOREIGN = /^(ANTHROPIC_|TEMPORAL_|ORCHESTRATOR_|CHROMA_|VOYAGE_|DATABASE_URL$)/;

await main(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const temporalCli = await ensureTemporal();
  const long = process.argv.includes('--long');
  const args = process.argv.slice(2).filter((argument) => argument !== '--long');
  const full = args.length === 0;
  const runDir = mkdtempSync(join(tmpdir(), 'orchestrator-tests-'));
  try {
    const code = await jest({ args, full, runDir, temporalCli, long });
    const lines = full ? await report() : undefined;
    const result = readResult(join(runDir, 'result.json'));
    if (result && result.numTotalTestSuites > 1) say(`\n${summarise(result, ROOT).join('\n')}`);
    const counts = countsOf(result);
    const covered = lines === undefined || lines >= LEAST_LINES;
    if (!covered) say(`Coverage of lines is ${lines} %, under the ${LEAST_LINES} % it must have.`);
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
    return code === 0 && !covered ? 1 : code;
  } finally {
    endLeftovers(runDir);
    rmSync(runDir, { recursive: true, force: true });
  }
});

function jest({ args, full, runDir, temporalCli, long }) {
  if (full) prepareCoverage();
  const coverage = full ? ['--coverage', '--coverageReporters=json', `--coverageDirectory=${JEST_COVERAGE}`] : [];
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const env = {
    ...own,
    // For the command line as tests start it: it finds the binary as a person's would.
    PATH: `${dirname(temporalCli)}${delimiter}${process.env.PATH ?? ''}`,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`,
    TEST_RUN_DIR: runDir,
    TEST_TEMPORAL_CLI: temporalCli,
    ...(long ? { LONG: '1' } : {}),
    ...(full ? { NODE_V8_COVERAGE: RAW } : {}),
  };
  const result = ['--json', `--outputFile=${join(runDir, 'result.json')}`];
  return run(process.execPath, ['node_modules/jest/bin/jest.js', ...coverage, ...result, ...args], { cwd: ROOT, env });
}

/** Some tests start processes as another user, which must be able to leave its coverage as well. */
function prepareCoverage() {
  rmSync(COVERAGE, { recursive: true, force: true });
  mkdirSync(RAW, { recursive: true });
  chmodSync(RAW, 0o777);
}

async function report() {
  const { collectCoverage, writeReports } = await import('./lib/coverage.mjs');
  const jestFile = join(JEST_COVERAGE, 'coverage-final.json');
  const map = await collectCoverage({ root: ROOT, jestFile, rawDir: RAW });
  for (const folder of [RAW, JEST_COVERAGE]) rmSync(folder, { recursive: true, force: true });
  return writeReports(map, COVERAGE);
}

function readResult(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** A file that could not be run at all counts as one failed test, and so does a run without a result. */
function countsOf(result) {
  if (result === undefined) return { passed: 0, failed: 1 };
  return { passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites };
}
