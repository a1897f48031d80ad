/** What a reader of a log's last lines wants to know of a Jest run: which files took longest, which tests failed. */
import { relative } from 'node:path';

const SLOWEST = 15;

/**
 * Lines for the end of the log. `result` is what Jest writes with --json; names are relative to `root`. A file that
 * could not be run is among the failures with its message's first line.
 */
export function summarise(result, root) {
  const files = result.testResults.map((file) => ({ ...file, path: relative(root, file.name) }));
  const slowest = files
    .map(({ path, startTime, endTime }) => ({ path, seconds: (endTime - startTime) / 1_000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST);
  const failed = files.flatMap((file) => failuresOf(file).map((what) => `  ${file.path} › ${what}`));
  return [
    `Slowest of ${files.length} files:`,
    ...slowest.map(({ path, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`),
    ...(failed.length === 0 ? [] : [`Failed (${failed.length}):`, ...failed]),
  ];
}

function failuresOf({ status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
  if (failed.length > 0 || status !== 'failed') return failed;
  return [`could not be run: ${firstLine(message)}`];
}

function firstLine(message = '') {
  const plain = message.replace(/\u001b\[[0-9;]*m/g, '');
  return (
    plain
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '' && !line.startsWith('●')) ?? ''
  );
}
