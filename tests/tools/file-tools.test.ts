/** The workspace tools stay inside the workspace, whatever path the model gives. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import type { Store } from '../../src/store/store.ts';
import { builtInCatalog, pinTools, toolsOf } from '../../src/tools/catalog.ts';
import type { ToolContext } from '../../src/tools/tool.ts';

let base: string;
let context: ToolContext;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'orchestrator-tools-'));
  writeFileSync(join(base, 'secret.txt'), 'outside');
  context = {
    goalId: 'g',
    tenant: 'default',
    taskId: 't',
    upstream: ['a'],
    workspace: join(base, 'ws', 'g'),
    store: {} as Store,
    signal: new AbortController().signal,
  };
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const catalog = builtInCatalog();
/** Runs a tool as the activity does: input parsed first. */
async function run(name: string, input: object) {
  const tool = catalog.get(name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool.run(tool.input.parse(input), context);
}

describe('file tools', () => {
  it('write, list, read → the same content, in nested folders', async () => {
    expect(await run('list_files', {})).toEqual({ text: 'The workspace is empty.' });
    await run('write_file', { path: 'a/b/c.md', content: 'Grüße 👋' });
    await run('write_file', { path: 'top.txt', content: 'x' });
    expect((await run('list_files', {})).text.split('\n')).toEqual(['a/b/c.md', 'top.txt']);
    expect(await run('read_file', { path: './a//b/c.md' })).toEqual({ text: 'Grüße 👋' });
  });

  it('many tasks write into a new folder at once → all of it is there', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `new/deep/${at}.txt`);
    const answers = await Promise.all(names.map((path) => run('write_file', { path, content: path })));
    expect(answers.filter(({ isError }) => isError)).toEqual([]);
    expect((await run('list_files', {})).text.split('\n').sort()).toEqual([...names].sort());
  });

  it('write twice → the last content, no drafts left', async () => {
    await run('write_file', { path: 'x', content: 'one' });
    await run('write_file', { path: 'x', content: 'two' });
    expect(await run('read_file', { path: 'x' })).toEqual({ text: 'two' });
    expect((await run('list_files', {})).text).toBe('x');
  });

  it('a long file → in parts, each naming the next offset', async () => {
    await run('write_file', { path: 'long', content: 'x'.repeat(90_000) });
    expect((await run('read_file', { path: 'long' })).text).toMatch(/read on with offset 40000\]$/);
    expect((await run('read_file', { path: 'long', offset: 80_000 })).text).toHaveLength(10_000);
  });

  it.each([
    '../secret.txt',
    'a/../../secret.txt',
    '/etc/passwd',
    '..',
    '.',
    'a\u0000b',
    'C:\\x',
    'a\\..\\b',
    'x\ny',
    'é'.repeat(400),
  ])('path %j → refused in words, nothing touched', async (path) => {
    for (const [name, input] of [
      ['read_file', { path }],
      ['write_file', { path, content: 'evil' }],
    ] as const) {
      expect(await run(name, input)).toMatchObject({ isError: true });
    }
    expect(readFileSync(join(base, 'secret.txt'), 'utf8')).toBe('outside');
  });

  it('a link in the workspace → neither read nor written through', async () => {
    mkdirSync(context.workspace, { recursive: true });
    symlinkSync(join(base, 'secret.txt'), join(context.workspace, 'link'));
    symlinkSync(base, join(context.workspace, 'dir'));
    expect(await run('read_file', { path: 'link' })).toMatchObject({ isError: true });
    expect(await run('write_file', { path: 'link', content: 'evil' })).toMatchObject({ isError: true });
    expect(await run('read_file', { path: 'dir/secret.txt' })).toMatchObject({ isError: true });
    expect((await run('list_files', {})).text).toBe('The workspace is empty.');
    expect(readFileSync(join(base, 'secret.txt'), 'utf8')).toBe('outside');
  });

  it('a folder, a missing file, a file as a folder → words, no throw', async () => {
    await run('write_file', { path: 'a/b', content: 'x' });
    expect(await run('read_file', { path: 'a' })).toMatchObject({ isError: true });
    expect(await run('read_file', { path: 'none' })).toMatchObject({ isError: true, text: 'There is no such file.' });
    expect(await run('write_file', { path: 'a/b/c', content: 'x' })).toMatchObject({ isError: true });
    expect(await run('write_file', { path: 'a', content: 'x' })).toMatchObject({ isError: true });
  });
});

describe('tool catalog', () => {
  it('an agent gets the tools it names and reading of results, in a fixed order', () => {
    const critic = BUILT_IN_AGENTS.find((agent) => agent.name === 'critic');
    const names = critic ? toolsOf(critic, catalog).map((tool) => tool.name) : [];
    expect(names).not.toContain('write_file');
    expect(names).toContain('read_results');
    expect(names).toEqual([...names].sort());
  });

  it('a changed description → another pin', () => {
    const [first] = [...catalog.values()];
    if (!first) throw new Error('the catalog is empty');
    const changed = new Map([[first.name, { ...first, description: 'Now do something else.' }]]);
    expect(pinTools(changed)[0]?.schemaHash).not.toBe(pinTools(catalog)[0]?.schemaHash);
  });

  it('reading a result the task does not build on → denied with what is open', async () => {
    expect(await run('read_results', { tasks: ['b'] })).toEqual({
      text: 'Not readable from this task: b. Readable: a.',
      isError: true,
    });
  });
});
