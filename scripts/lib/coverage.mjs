/** One coverage report over src/: Jest's own, workflows inside the sandbox, and processes that tests start. Scripts only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mergeProcessCovs } from '@bcoe/v8-coverage';
import coverageLibrary from 'istanbul-lib-coverage';
import reportLibrary from 'istanbul-lib-report';
import reports from 'istanbul-reports';
import v8ToIstanbul from 'v8-to-istanbul';
import { filesUnder } from './fingerprint.mjs';

/**
 * Joins what Jest measured with what Node wrote for worker threads and child processes (`NODE_V8_COVERAGE`), which ran
 * the compiled files and the workflow bundle. A file that nothing loaded counts in full as not covered; blank lines and
 * comments do not count.
 * @param {{ root: string, jestFile: string, rawDir: string, room?: string }} from `room`: only that folder of src/
 */
export async function collectCoverage({ root, jestFile, rawDir, room = '' }) {
  const sources = join(root, 'src', room);
  const inSrc = (file) => file.startsWith(sources + sep);
  const map = coverageLibrary.createCoverageMap({});
  const add = (data) => {
    for (const [file, entry] of Object.entries(data)) if (inSrc(file)) map.merge({ [file]: entry });
  };
  if (existsSync(jestFile)) add(JSON.parse(readFileSync(jestFile, 'utf8')));
  for (const script of readRaw(root, rawDir)) add(await toIstanbul(fileURLToPath(script.url), script.functions));
  for (const file of filesUnder(sources).filter((path) => path.endsWith('.ts'))) {
    if (!map.data[file]) add(await uncovered(root, file));
  }
  for (const file of map.files()) dropSilentLines(map.data[file].data, readFileSync(file, 'utf8').split('\n'));
  return map;
}

/** Writes the reports and a summary to the terminal; answers the share of lines covered, in percent. */
export function writeReports(map, dir) {
  const context = reportLibrary.createContext({ dir, coverageMap: map });
  for (const name of ['lcovonly', 'json-summary', 'html', 'text-summary']) reports.create(name).execute(context);
  return map.getCoverageSummary().lines.pct;
}

/** Scripts of dist/ in Node's raw files, joined over all processes and threads. */
function readRaw(root, rawDir) {
  const prefix = pathToFileURL(join(root, 'dist')).href;
  const files = existsSync(rawDir) ? readdirSync(rawDir) : [];
  const processes = files.map((name) => {
    const { result } = JSON.parse(readFileSync(join(rawDir, name), 'utf8'));
    return { result: result.filter((script) => script.url.startsWith(`${prefix}/`)) };
  });
  return mergeProcessCovs(processes).result;
}

async function toIstanbul(file, functions) {
  const converter = v8ToIstanbul(file, 0);
  await converter.load();
  converter.applyCoverage(functions);
  return converter.toIstanbul();
}

/** A source that was never loaded; empty when it compiles to nothing (types only). */
async function uncovered(root, file) {
  const compiled = join(root, 'dist', relative(join(root, 'src'), file).replace(/\.ts$/, '.js'));
  const code = readFileSync(compiled, 'utf8');
  if (/^\s*export \{\};?\s*$/.test(code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))) return {};
  const ranges = [{ startOffset: 0, endOffset: code.length, count: 0 }];
  return toIstanbul(compiled, [{ functionName: '(empty-report)', isBlockCoverage: true, ranges }]);
}

function dropSilentLines(entry, lines) {
  for (const [id, { start }] of Object.entries(entry.statementMap)) {
    const text = lines[start.line - 1]?.trim() ?? '';
    if (text !== '' && !/^(\/\/|\/\*|\*)/.test(text)) continue;
    delete entry.statementMap[id];
    delete entry.s[id];
  }
}
