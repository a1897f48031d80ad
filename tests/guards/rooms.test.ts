import { cycleBreaches } from './rules/cycles.ts';
import { ROOMS, roomBreaches } from './rules/rooms.ts';
import { sandboxBreaches, sandboxFiles } from './rules/sandbox.ts';
import { listFiles, readSources, sourceFile } from './support/source-file.ts';

const src = readSources('src');

describe('rooms guard', () => {
  it.each([
    ['a value import', `import { x } from '../store/x.ts';`],
    ['a type import', `import type { X } from '../store/x.ts';`],
    ['a re-export', `export { x } from '../store/x.ts';`],
    ['a dynamic import', `const x = await import('../store/x.ts');`],
    ['a type in place', `export type X = import('../store/x.ts').X;`],
    ['an import from outside src', `import { x } from '../../tests/store/x.ts';`],
  ])('%s over the table → refused with the allowed rooms', (_case, text) => {
    const [breach] = roomBreaches([sourceFile('src/tasks/order.ts', text)]);
    expect(breach).toMatch(/^src\/tasks\/order\.ts: imports .*x\.ts; room tasks may import tasks, core$/);
  });

  it('a file in no known room → refused with the rooms', () => {
    expect(roomBreaches([sourceFile('src/attic/old.ts', ''), sourceFile('src/loose.ts', '')])).toHaveLength(2);
  });

  it('imports within a room and of allowed rooms → accepted', () => {
    const text = `import { a } from './a.ts'; import { b } from '../core/b.ts'; import { z } from 'zod';`;
    expect(roomBreaches([sourceFile('src/tasks/order.ts', text)])).toEqual([]);
  });

  it('the table: every room it names exists in it', () => {
    expect(
      Object.values(ROOMS)
        .flat()
        .filter((room) => !(room in ROOMS)),
    ).toEqual([]);
  });

  it('src: every import → within the table', () => {
    expect(src.length).toBeGreaterThan(10);
    expect(roomBreaches(src)).toEqual([]);
  });

  it('src: only sources and nothing else stands there', () => {
    expect(listFiles('src').filter((path) => !path.endsWith('.ts'))).toEqual([]);
  });
});

describe('sandbox guard', () => {
  const workflow = (text: string) => [sourceFile('src/workflows/made-up.ts', text)];

  it.each([
    ['a Node built-in', `import { readFileSync } from 'node:fs';`],
    ['a Node built-in without prefix', `import fs from 'fs/promises';`],
    ['a type of a Node built-in', `import type { Readable } from 'node:stream';`],
    ['zod', `import { z } from 'zod';`],
    ['a type of zod', `import type { ZodError } from 'zod';`],
    ['another package', `import { Worker } from '@temporalio/worker';`],
    ['process', `export const home = process.env.HOME;`],
    ['process in an object', `export const all = { env: process };`],
    ['Buffer', `export const bytes = (text: string) => Buffer.byteLength(text);`],
    ['Intl', `export const format = new Intl.NumberFormat();`],
    ['toLocaleString', `export const shown = (n: number) => n.toLocaleString();`],
    ['local hours', `export const hour = new Date().getHours();`],
    ['local time zone', `export const zone = new Date().getTimezoneOffset();`],
    ['localeCompare', `export const order = (a: string, b: string) => a.localeCompare(b);`],
  ])('%s in a workflow → refused', (_case, text) => {
    expect(sandboxBreaches(workflow(text))).toHaveLength(1);
  });

  it('a forbidden use two imports away → refused where it stands', () => {
    const files = [
      sourceFile('src/workflows/made-up.ts', `import { a } from '../tasks/a.ts';`),
      sourceFile('src/tasks/a.ts', `export { b as a } from './b.ts';`),
      sourceFile('src/tasks/b.ts', `import { z } from 'zod'; export const b = z;`),
    ];
    expect(sandboxBreaches(files)).toEqual([expect.stringMatching(/^src\/tasks\/b\.ts: imports zod/)]);
  });

  it('the same behind a type import → accepted, nothing of it is left', () => {
    const files = [
      sourceFile('src/workflows/made-up.ts', `import type { B } from '../tasks/b.ts';`),
      sourceFile('src/tasks/b.ts', `import { z } from 'zod'; export type B = typeof z;`),
    ];
    expect(sandboxBreaches(files)).toEqual([]);
  });

  it('UTC methods, own members called process, Temporal packages → accepted', () => {
    const text = `import { sleep } from '@temporalio/workflow';
      export const a = (d: Date, job: { process(): void }) => [d.getTime(), d.toISOString(), job.process(), sleep(1)];`;
    expect(sandboxBreaches(workflow(text))).toEqual([]);
  });

  it('src: everything that reaches a workflow → sandbox-safe', () => {
    const reached = sandboxFiles(src).map((file) => file.path);
    expect(reached).toContain('src/workflows/goal.ts');
    expect(reached).toContain('src/core/contracts/messages.ts');
    expect(sandboxBreaches(src)).toEqual([]);
  });
});

describe('cycles guard', () => {
  it('three files in a ring, one edge a type import → refused with the chain', () => {
    const ring = [
      sourceFile('src/core/a.ts', `import { b } from './b.ts';`),
      sourceFile('src/core/b.ts', `import type { C } from './c.ts';`),
      sourceFile('src/core/c.ts', `import { a } from './a.ts';`),
    ];
    expect(cycleBreaches(ring)).toEqual(['src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts']);
  });

  it('a diamond → accepted', () => {
    const diamond = [
      sourceFile('src/core/a.ts', `import { b } from './b.ts'; import { c } from './c.ts';`),
      sourceFile('src/core/b.ts', `import { d } from './d.ts';`),
      sourceFile('src/core/c.ts', `import { d } from './d.ts';`),
      sourceFile('src/core/d.ts', ''),
    ];
    expect(cycleBreaches(diamond)).toEqual([]);
  });

  it('src: no cycle', () => {
    expect(cycleBreaches(src)).toEqual([]);
  });
});
