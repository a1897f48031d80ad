import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { summarise } from '../../scripts/lib/test-summary.mjs';
import { ALONE, LONG } from '../setup/pace.mjs';

const TESTS = join(import.meta.dirname, '..');

const file = (name: string, seconds: number, more: object = {}) => ({
  name: join('/root', name),
  ...{ startTime: 1_000, endTime: 1_000 + seconds * 1_000, status: 'passed', message: '', assertionResults: [] },
  ...more,
});
const test = (fullName: string, status: string) => ({ fullName, status });

describe('the end of a test run', () => {
  it('files, a failed test, one that could not be run → slowest first, failures by name', () => {
    const testResults = [
      file('tests/a.test.ts', 2, {
        status: 'failed',
        assertionResults: [test('a: x', 'failed'), test('a: y', 'passed')],
      }),
      file('tests/b.test.ts', 61.25),
      file('tests/c.test.ts', 0, {
        status: 'failed',
        message: '  \u001b[1m● Test suite failed\u001b[22m\n\n  Cannot find it\n',
      }),
    ];
    expect(summarise({ testResults }, '/root')).toEqual([
      'Slowest of 3 files:',
      '   61.3 s  tests/b.test.ts',
      '    2.0 s  tests/a.test.ts',
      '    0.0 s  tests/c.test.ts',
      'Failed (2):',
      '  tests/a.test.ts › a: x',
      '  tests/c.test.ts › could not be run: Cannot find it',
    ]);
  });

  it('many files, none failed → the 15 slowest, and no word of failures', () => {
    const testResults = Array.from({ length: 40 }, (_, at) => file(`tests/${at}.test.ts`, at));
    const lines = summarise({ testResults }, '/root');
    expect(lines).toHaveLength(16);
    expect(lines[1]).toContain('tests/39.test.ts');
  });
});

describe('the pace of test files', () => {
  it('every file that is named → there', () => {
    const isThere = (name: string) =>
      ['.int.test.ts', '.test.ts'].some((ending) => existsSync(join(TESTS, `${name}${ending}`)));
    const missing = [...ALONE, ...LONG].filter((name) => !isThere(name));
    expect(missing).toEqual([]);
  });
});
