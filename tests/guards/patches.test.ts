import { PATCHES, type Patch } from '../../src/workflows/patches.ts';
import { patchBreaches } from './rules/patches.ts';
import { readSources, sourceFile } from './support/source-file.ts';

const ID = '2027-01-15-pause-before-task';
const LISTED: readonly Patch[] = [
  { id: ID, state: 'active', meaning: 'Goals begun before have no pause before a task.' },
];
const code = (text: string) => [sourceFile('src/workflows/made-up.ts', text)];
const CALL = `if (patched('${ID}')) await sleep(1);`;

describe('patches guard', () => {
  it('a dated, listed patch at one place → accepted', () => {
    expect(patchBreaches(code(CALL), LISTED)).toEqual([]);
  });

  it.each([
    ['not listed', CALL, [], /is not in src/],
    ['no literal', 'patched(id);', [], /without a literal id/],
    ['two places', `${CALL}\n${CALL}`, LISTED, /called at 2 places/],
    ['nowhere called', '', LISTED, /called at 0 places/],
    ['listed twice', CALL, [...LISTED, ...LISTED], /stands twice/],
    ['no meaning', CALL, [{ ...LISTED[0], meaning: 'fix' }], /does not say/],
    ['no date', `patched('pause')`, [{ ...LISTED[0], id: 'pause' }], /is not <year/],
    ['no such day', `patched('2027-13-40-pause')`, [{ ...LISTED[0], id: '2027-13-40-pause' }], /is not <year/],
    ['gone, still there', CALL, [{ ...LISTED[0], state: 'gone' }], /called at 1 places, not at 0/],
    ['deprecated, still branching', CALL, [{ ...LISTED[0], state: 'deprecated' }], /use deprecatePatch/],
  ] as const)('%s → refused', (...[, text, listed, breach]) => {
    expect(patchBreaches(code(text), listed as readonly Patch[])).toEqual(
      expect.arrayContaining([expect.stringMatching(breach)]),
    );
  });

  it('src/workflows → as its list says', () => {
    expect(patchBreaches(readSources('src/workflows'), PATCHES)).toEqual([]);
  });
});
