import { guaranteeBreaches, promisedIds } from './rules/guarantees.ts';
import { listFiles, readText } from './support/source-file.ts';

const TABLE = `| # | guarantee |
|---|---|
| G1 | never lost |
| G2 | survives, not yet |`;
const SELF = 'tests/guards/promises.test.ts';

describe('guarantees guard', () => {
  it('a promise that no test cites → refused; one marked "not yet" → exempt', () => {
    expect(guaranteeBreaches(TABLE, [{ path: 'a.test.ts', text: 'nothing' }])).toEqual([
      'docs/guarantees.md: G1 is promised, but no test cites it',
    ]);
  });

  it('a citation of an unknown id → refused once per file and id', () => {
    const text = `it('goal: killed → goes on (G1)'); it('G77'); it('G77');`;
    expect(guaranteeBreaches(TABLE, [{ path: 'a.test.ts', text }])).toEqual(['a.test.ts: cites G77, an unknown id']);
  });

  it('a file without ids → refused, no trivial pass', () => {
    expect(guaranteeBreaches('nothing here', [])).toEqual(['docs/guarantees.md: no ids found']);
  });

  it('docs/guarantees.md: every promise is cited, every citation is a promise', () => {
    const markdown = readText('docs/guarantees.md');
    const tests = listFiles('tests').filter((path) => path.endsWith('.test.ts') && path !== SELF);
    expect(promisedIds(markdown).length).toBeGreaterThan(0);
    expect(
      guaranteeBreaches(
        markdown,
        tests.map((path) => ({ path, text: readText(path) })),
      ),
    ).toEqual([]);
  });
});
