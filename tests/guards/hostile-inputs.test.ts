import { citedInputs, HOSTILE, uncitedInputs } from './rules/hostile-inputs.ts';
import { listFiles, readText } from './support/source-file.ts';

const SELF = 'tests/guards/hostile-inputs.test.ts';
const title = (text: string) => `it('${text} → refused', () => {});`;

describe('hostile inputs guard', () => {
  it('titles in their three forms → the numbers they cite', () => {
    expect(citedInputs('tests/e2e/a.test.ts', title('§3.3-40 -41 refused'))).toEqual([40, 41]);
    expect(citedInputs('tests/e2e/a.test.ts', title('a full disk (bad inputs 83, 85)'))).toEqual([83, 85]);
    expect(citedInputs('tests/integrations/claude-client.test.ts', `['54 cut JSON', reply]`)).toEqual([54]);
    expect(citedInputs('tests/e2e/a.test.ts', title('54 goals'))).toEqual([]);
  });

  it('a number that no test cites, or none over the whole product → told', () => {
    const all = title(`x (bad inputs ${HOSTILE.filter((number) => number !== 90).join(', ')})`);
    expect(uncitedInputs([{ path: 'tests/e2e/a.test.ts', text: all }])).toEqual(['hostile input 90: no test cites it']);
    const parts = [
      { path: 'tests/e2e/a.test.ts', text: all.replace('66, ', '') },
      { path: 'tests/integrations/claude-client.test.ts', text: `['66 plain', reply], '(bad input 90)'` },
    ];
    expect(uncitedInputs(parts)).toEqual(['hostile input 66: no test in tests/e2e cites it']);
  });

  it('what Claude and the machine can do → each cited by a test', () => {
    const tests = listFiles('tests').filter((path) => path.endsWith('.test.ts') && path !== SELF);
    expect(uncitedInputs(tests.map((path) => ({ path, text: readText(path) })))).toEqual([]);
  });
});
