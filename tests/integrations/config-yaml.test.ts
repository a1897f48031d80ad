import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { loadAgentFiles } from '../../src/integrations/config/agent-files.ts';
import { parseYaml } from '../../src/integrations/config/parse-yaml.ts';
import { type ConfigFolder, configFolder, problemsOf } from './config-folder.ts';

let folder: ConfigFolder;
beforeEach(() => {
  folder = configFolder();
});
afterEach(() => folder.remove());

const aliasBomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
].join('\n');

describe('config.yaml: hostile files (bad input 75)', () => {
  it.each([
    ['alias bomb', aliasBomb, /\*a stands for another value/],
    ['duplicate keys', 'tenant: a\ntenant: b', /unique/],
    ['duplicate keys below', 'goals:\n  maxTasks: 1\n  maxTasks: 2', /unique/],
    ['.nan', 'goals: { maxTasks: .nan }', /\.nan is not a plain decimal number/],
    ['.inf', 'goals: { maxTasks: -.inf }', /-\.inf is not/],
    ['1e999', 'goals: { maxTasks: 1e999 }', /1e999 is not/],
    ['hexadecimal', 'goals: { maxTasks: 0x10 }', /0x10 is not/],
    ['octal', 'goals: { maxTasks: 0o17 }', /0o17 is not/],
    ['leading zero', 'goals: { maxTasks: 010 }', /010 is not/],
    ['exponent', 'goals: { maxTasks: 1e2 }', /1e2 is not/],
    ['tabs', 'goals:\n\tmaxTasks: 5', /Tabs/],
    ['several documents', 'tenant: a\n---\ntenant: b', /multiple documents/],
    ['scalar root', 'just words', /single value or a list/],
    ['number root', '5', /single value or a list/],
    ['list root', '- a', /single value or a list/],
    ['__proto__', '__proto__:\n  tenant: evil', /"__proto__" is not a name/],
    ['__proto__ below', 'goals: { __proto__: { maxTasks: 1 } }', /"__proto__" is not a name/],
    ['constructor', 'constructor: 1', /"constructor" is not a name/],
    ['merge key', 'goals: { <<: { maxTasks: 1 } }', /no setting has this name/],
    ['older YAML', '%YAML 1.1\n---\ngoals: { synthesis: yes }', /%YAML directive/],
    ['tag', 'tenant: !!set { a }', /it has a tag/],
    ['unknown tag', 'tenant: !secret x', /tag/i],
    ['keys that are no texts', '? [1, 2]\n: 3', /keys must be strings/],
    ['"yes" as a boolean', 'goals: { synthesis: yes }', /expected boolean/],
    ['unfinished', 'tenant: "a', /closing/],
    ['lone surrogate', 'dataDir: "a\\ud800"', /lone surrogate/],
    ['NUL', 'dataDir: "a\\0b"', /NUL/],
    ['nested 20,000 deep in brackets', `tenant: ${'['.repeat(20_000)}`, /nested over 32 levels/],
    ['nested 20,000 deep in dashes', '- '.repeat(20_000), /nested over 32 levels/],
    ['an alias that holds itself', 'goals: &g { maxTasks: *g }', /stands for/],
  ])('%s → config.invalid that names the file, nothing loaded', (_name, yaml, message) => {
    folder.write('config.yaml', yaml);
    const problems = problemsOf(() => folder.load());
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem.source).toMatch(/^config\.yaml(:\d+)?$/);
    expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
  });

  it('no key of a hostile file → reaches Object.prototype', () => {
    folder.write('config.yaml', '__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }');
    problemsOf(() => folder.load());
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ['empty file', ''],
    ['comments only', '# nothing\n'],
    ['null', 'null'],
    ['empty map', '{}'],
  ])('%s → the defaults', (_name, yaml) => {
    folder.write('config.yaml', yaml);
    expect(folder.load().config.tenant).toBe('default');
  });

  it('BOM: in UTF-8 at the start → taken; UTF-16 → refused', () => {
    folder.write('config.yaml', '\ufefftenant: acme');
    expect(folder.load().config.tenant).toBe('acme');
    folder.write('config.yaml', Buffer.from('\ufefftenant: acme', 'utf16le'));
    expect(problemsOf(() => folder.load())[0]?.message).toBe('it is not UTF-8');
  });

  it('100 MB, and one byte over 1 MiB → refused without being read; 1 MiB → taken', () => {
    const path = folder.write('config.yaml', 'tenant: acme\n');
    truncateSync(path, 100 * 1024 * 1024);
    expect(problemsOf(() => folder.load())[0]?.message).toBe('it is over 1048576 bytes');
    const filler = (bytes: number) => `tenant: acme\n#${'x'.repeat(bytes - 14)}`;
    folder.write('config.yaml', filler(1024 * 1024 + 1));
    expect(problemsOf(() => folder.load())[0]?.message).toBe('it is over 1048576 bytes');
    folder.write('config.yaml', filler(1024 * 1024));
    expect(folder.load().config.tenant).toBe('acme');
  });

  it('a folder, a pipe nobody writes to → refused at once', () => {
    mkdirSync(join(folder.path, 'config.yaml'));
    expect(problemsOf(() => folder.load())[0]?.message).toMatch(/not a regular file|EISDIR/);
    folder.remove();
    folder = configFolder();
    execFileSync('mkfifo', [join(folder.path, 'config.yaml')]);
    expect(problemsOf(() => folder.load())[0]?.message).toBe('it is not a regular file');
  });

  it('parseYaml: several things wrong → all of them, each with its line', () => {
    const { problems, value } = parseYaml('a: .nan\nb: !x 1\nb: 2\n', 'f.yaml');
    expect(value).toBeNull();
    expect(new Set(problems.map((problem) => problem.source))).toEqual(new Set(['f.yaml:1', 'f.yaml:2', 'f.yaml:3']));
  });
});

describe('loadAgentFiles', () => {
  const agent = (name: string) => `name: ${name}\ndescription: Does it.\ninstructions: |\n  Work well.\n`;

  it('*.yaml and *.yml → agents in the order of their files; other files and a missing folder → nothing', () => {
    folder.write('b.yaml', `${agent('second')}tier: deep\ntools: [read_file]\n`);
    folder.write('a.yml', agent('first'));
    folder.write('notes.txt', 'name: [');
    folder.write('.hidden.yaml', 'name: [');
    expect(loadAgentFiles(folder.path)).toEqual([
      { name: 'first', description: 'Does it.', instructions: 'Work well.\n', tier: 'balanced', tools: [] },
      { name: 'second', description: 'Does it.', instructions: 'Work well.\n', tier: 'deep', tools: ['read_file'] },
    ]);
    expect(loadAgentFiles(join(folder.path, 'none'))).toEqual([]);
  });

  it('several files with faults → all of them in one error, each with its file and line', () => {
    folder.write('a.yaml', 'name: Bad Name\ndescription: x\ninstructons: y\n');
    folder.write('b.yaml', 'name: .nan\n');
    folder.write('c.yaml', 'just words');
    folder.write('d.yaml', '');
    folder.write('e.yaml', `${agent('ok')}tools: [1]\n`);
    const problems = problemsOf(() => loadAgentFiles(folder.path));
    expect(problems.map(({ key, source }) => `${source} ${key}`)).toEqual([
      'a.yaml:1 name',
      'a.yaml instructions',
      'a.yaml:3 instructons',
      'b.yaml:1 ',
      'c.yaml ',
      'd.yaml ',
      'e.yaml:5 tools.0',
    ]);
    expect(problems[2]?.remedy).toBe('Did you mean "instructions"?');
  });

  it('the same name twice → refused, naming both files', () => {
    folder.write('a.yaml', agent('twin'));
    folder.write('b.yaml', agent('twin'));
    expect(problemsOf(() => loadAgentFiles(folder.path))).toEqual([
      expect.objectContaining({ source: 'b.yaml', value: '"twin"', message: expect.stringContaining('a.yaml') }),
    ]);
  });

  it('a file in the folder’s place, over 100 files → refused', () => {
    const file = folder.write('plain', '');
    expect(problemsOf(() => loadAgentFiles(file))[0]?.message).toBe('it is not a folder');
    for (let i = 0; i <= 100; i++) folder.write(`${i}.yaml`, agent(`a${i}`));
    expect(problemsOf(() => loadAgentFiles(folder.path))[0]?.message).toMatch(/101 agent files/);
  });
});
