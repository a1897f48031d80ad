import {
  anyBreaches,
  exportBreaches,
  fileNameBreaches,
  messageNameBreaches,
  openingBreaches,
  workflowNameBreaches,
} from './rules/names.ts';
import { fileSizeBreaches, functionSizeBreaches } from './rules/sizes.ts';
import { listFiles, readSources, sourceFile } from './support/source-file.ts';

const FOLDERS = ['src', 'scripts', 'tests', 'bench', 'examples', 'bin'];
const src = readSources('src');
const all = readSources(...FOLDERS);
const productive = readSources('src', 'scripts', 'bin');
const madeUp = (text: string, path = 'src/core/made-up.ts') => [sourceFile(path, text)];

/** A function of so many lines. */
const longFunction = (lines: number, name = 'work') =>
  `export function ${name}() {\n${'  void 0;\n'.repeat(lines - 2)}}\n`;

describe('sizes guard', () => {
  it('a file of 401 lines → refused; of 400 → accepted', () => {
    expect(fileSizeBreaches(madeUp(`${'\n'.repeat(400)}void 0;`))).toHaveLength(1);
    expect(fileSizeBreaches(madeUp(`${'\n'.repeat(399)}void 0;\n`))).toEqual([]);
  });

  it('a function of 61 lines → refused by name and line; of 60 → accepted', () => {
    expect(functionSizeBreaches(madeUp(`\n${longFunction(61)}`))).toEqual([
      'src/core/made-up.ts:2: work has 61 lines; at most 60',
    ]);
    expect(functionSizeBreaches(madeUp(longFunction(60)))).toEqual([]);
  });

  it.each([
    ['an arrow function', `const work = () => {${'\n'.repeat(60)}};`],
    ['a method', `class A { work() {${'\n'.repeat(60)}} }`],
    ['a function in an object', `const a = { work() {${'\n'.repeat(60)}} };`],
  ])('%s of 61 lines → refused', (_case, text) => {
    expect(functionSizeBreaches(madeUp(text))).toHaveLength(1);
  });

  it('a workflow of 90 lines → accepted; of 91 → refused; the room gives nothing to others', () => {
    const path = 'src/workflows/made-up.ts';
    expect(functionSizeBreaches(madeUp(longFunction(90, 'goalWorkflow'), path))).toEqual([]);
    expect(functionSizeBreaches(madeUp(longFunction(91, 'goalWorkflow'), path))).toHaveLength(1);
    expect(functionSizeBreaches(madeUp(longFunction(61, 'part'), path))).toHaveLength(1);
  });

  it('four parameters → refused; three → accepted', () => {
    const four = 'const f = (a: 1, b: 2, c: 3, d: 4) => 0; class A { constructor(a: 1, b: 2, c: 3, d: 4) {} }';
    expect(functionSizeBreaches(madeUp(four))).toHaveLength(2);
    expect(functionSizeBreaches(madeUp('function f(a: 1, b: 2, c: 3) {}'))).toEqual([]);
  });

  it('repository: files within their size', () => {
    expect(fileSizeBreaches(all)).toEqual([]);
  });

  it('src, scripts, bin: functions within their size', () => {
    expect(functionSizeBreaches(productive)).toEqual([]);
  });
});

describe('names guard', () => {
  it.each(['src/core/goalPlan.ts', 'src/core/Goal.ts', 'src/core/goal_plan.ts', 'src/theRoom/goal.ts'])(
    '%s → refused, not kebab-case',
    (path) => {
      expect(fileNameBreaches([path])).toHaveLength(1);
    },
  );

  it.each(['src/core/utils.ts', 'src/helpers/a.ts', 'src/core/common.ts', 'tests/misc/a.test.ts'])(
    '%s → refused, says nothing',
    (path) => {
      expect(fileNameBreaches([path])[0]).toMatch(/says nothing/);
    },
  );

  it('kebab-case with several endings → accepted', () => {
    expect(fileNameBreaches(['tests/store/open-store.int.test.ts', 'src/core/ids.ts'])).toEqual([]);
  });

  it('repository: code files have speaking kebab-case names', () => {
    expect(fileNameBreaches(FOLDERS.flatMap(listFiles).filter((path) => /\.(ts|mjs)$/.test(path)))).toEqual([]);
  });
});

describe('exports guard', () => {
  it('export * and default exports → refused; names and a default import → accepted', () => {
    expect(exportBreaches(madeUp(`export * from './a.ts';`))).toHaveLength(1);
    expect(exportBreaches(madeUp(`export default 1;`))).toHaveLength(1);
    expect(exportBreaches(madeUp(`import a from 'a'; export { a }; export const b = 1;`))).toEqual([]);
  });

  it('src: named exports only', () => {
    expect(exportBreaches(src)).toEqual([]);
  });
});

describe('opening guard', () => {
  it('a module that begins with code or another comment → refused', () => {
    expect(openingBreaches([...madeUp('export {};'), ...madeUp('// a module\n')])).toHaveLength(2);
  });

  it('a documentation comment, also after a shebang → accepted', () => {
    expect(openingBreaches([...madeUp('/** Ids. */\n'), ...madeUp('#!/usr/bin/env node\n/** A script. */\n')])).toEqual(
      [],
    );
  });

  it('src, scripts, bin and what tests share: every module says what it is', () => {
    const shared = all.filter((file) => file.path.startsWith('tests/') && !file.path.endsWith('.test.ts'));
    expect(openingBreaches([...productive, ...shared])).toEqual([]);
  });
});

describe('any guard', () => {
  it('any in a signature, a cast, a generic → refused; unknown and the word in a text → accepted', () => {
    expect(anyBreaches(madeUp('const a = (b: any) => b as any; let c: Array<any>;'))).toHaveLength(3);
    expect(anyBreaches(madeUp(`const a = (b: unknown) => 'any';`))).toEqual([]);
  });

  it('repository: no any', () => {
    expect(anyBreaches(all.filter((file) => file.path.endsWith('.ts')))).toEqual([]);
  });
});

describe('message names guard', () => {
  it.each([
    ['another wire name', `const approvePlanUpdate = defineUpdate('approve');`],
    ['no kind', `const pause = defineSignal('pause');`],
    ['the wrong kind', `const pauseQuery = defineSignal('pause');`],
    ['a query that does not get', `const statusQuery = defineQuery('status');`],
    ['a name from a variable', `const pauseSignal = defineSignal(name);`],
  ])('%s → refused', (_case, text) => {
    expect(messageNameBreaches(madeUp(text))).toHaveLength(1);
  });

  it('constants that are wire name and kind → accepted', () => {
    const text = `const approvePlanUpdate = defineUpdate('approvePlan'); const pauseSignal = defineSignal('pause');
      const getStatusQuery = defineQuery<string>('getStatus');`;
    expect(messageNameBreaches(madeUp(text))).toEqual([]);
  });

  it('src: wire names follow', () => {
    expect(messageNameBreaches(src)).toEqual([]);
  });

  it('workflow entry: an export without Workflow → refused; ours → accepted', () => {
    const entry = src.filter((file) => file.path === 'src/workflows/index.ts');
    expect(
      workflowNameBreaches(sourceFile('src/workflows/index.ts', `export { goal } from './goal.ts';`)),
    ).toHaveLength(1);
    expect(entry).toHaveLength(1);
    expect(entry.flatMap(workflowNameBreaches)).toEqual([]);
  });
});
