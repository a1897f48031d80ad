import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/source-file.ts';

/** Runs a tool of node_modules in a folder; answers what it wrote and its exit code. */
function tool(path: string, args: readonly string[], cwd: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'node_modules', path), ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr });
    });
  });
}

describe('compilers guard', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'guards-'));
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const lint = async (text: string) => {
    const config = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')) as Record<string, unknown>;
    const { $schema: _, ...rules } = config;
    writeFileSync(join(dir, 'biome.json'), JSON.stringify({ ...rules, vcs: { enabled: false } }));
    writeFileSync(join(dir, 'made-up.ts'), text);
    const { text: output } = await tool('@biomejs/biome/bin/biome', ['lint', '.'], dir);
    return [...output.matchAll(/lint\/\w+\/(\w+)/g)].map(([, rule]) => rule);
  };

  const work = 'export async function work(): Promise<boolean> {\n  return true;\n}\n';

  it.each([
    ['noFloatingPromises', `${work}work();\n`],
    ['noMisusedPromises', `${work}if (work()) throw new Error('');\n`],
    ['useAwaitThenable', 'export const a = async () => await 1;\n'],
    ['useImportType', `import { Json } from './json.ts';\nexport type A = Json;\n`],
    ['noExplicitAny', 'export const a = (b: any) => b;\n'],
    ['noNonNullAssertion', 'export const a = (b?: string) => b!.length;\n'],
    ['noReExportAll', `export * from './a.ts';\n`],
    ['noDefaultExport', 'export default 1;\n'],
    ['useMaxParams', 'export const f = (a: 1, b: 2, c: 3, d: 4) => [a, b, c, d];\n'],
    ['useNodejsImportProtocol', `import { readFileSync } from 'fs';\nreadFileSync('a');\n`],
    ['noUnusedVariables', 'const a = 1;\n'],
  ])('lint: %s broken → reported', async (rule, text) => {
    expect(await lint(text)).toContain(rule);
  });

  it('lint: clean code → nothing reported', async () => {
    expect(await lint(`${work}await work();\n`)).toEqual([]);
  });

  it.each(['process.env', 'Buffer', 'fetch', 'setTimeout', 'URL', 'console'])(
    'sandbox types: %s in a workflow → does not compile',
    async (name) => {
      expect((await compileInSandbox(`export const a = ${name};\n`)).code).not.toBe(0);
    },
  );

  it('sandbox types: a Node built-in in a workflow → does not compile; plain code → does', async () => {
    expect((await compileInSandbox(`export { sep } from 'node:path';\n`)).code).not.toBe(0);
    expect(await compileInSandbox('export const a = [1].at(0);\n')).toEqual({ code: 0, text: '' });
  });

  it('sandbox types: our workflows → compile', async () => {
    expect(await tool('typescript/bin/tsc', ['-p', 'tsconfig.sandbox.json'], ROOT)).toEqual({ code: 0, text: '' });
  });

  function compileInSandbox(text: string) {
    for (const name of ['tsconfig.json', 'tsconfig.sandbox.json', 'package.json'])
      cpSync(join(ROOT, name), join(dir, name));
    const settings = JSON.parse(readFileSync(join(dir, 'tsconfig.sandbox.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(dir, 'tsconfig.sandbox.json'), JSON.stringify({ ...settings, include: ['made-up.ts'] }));
    writeFileSync(join(dir, 'made-up.ts'), text);
    return tool('typescript/bin/tsc', ['-p', 'tsconfig.sandbox.json'], dir);
  }
});
