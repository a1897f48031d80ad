import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expandPath, instanceDir, prepareDataDir } from '../../src/integrations/instance/data-dir.ts';
import { startFixture } from './fixtures/line-process.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-data-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('data folder', () => {
  it('~ and relative paths → absolute; ~name is no home', () => {
    expect(expandPath('~')).toBe(homedir());
    expect(expandPath('~/x')).toBe(join(homedir(), 'x'));
    expect(expandPath('~x')).toBe(resolve('~x'));
    expect(expandPath('x')).toBe(resolve('x'));
  });

  it('simulated work → a folder of its own', () => {
    expect(instanceDir('/data', { simulate: false })).toBe(resolve('/data'));
    expect(instanceDir('/data', { simulate: true })).toBe(resolve('/data/simulated'));
  });

  it('missing → created for this user alone, nothing left in it', async () => {
    const made = await prepareDataDir(join(dir, 'a', 'b'));
    expect((await stat(made)).mode & 0o777).toBe(0o700);
    expect(await readdir(made)).toEqual([]);
  });

  it('a file in its place (bad input 84) → instance.data-dir with path, why and remedy', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')]) {
      await expect(prepareDataDir(path)).rejects.toMatchObject({
        code: 'instance.data-dir',
        remedy: expect.stringContaining('dataDir'),
        facts: { path, why: 'a file stands in its place' },
      });
    }
  });

  it('a folder that this user may not write (bad input 84) → instance.data-dir', async () => {
    const child = startFixture('as-nobody.ts', ['data-dir', '/usr/orchestrator-data']);
    expect(await child.next()).toMatchObject({
      code: 'instance.data-dir',
      facts: { path: '/usr/orchestrator-data', why: expect.stringMatching(/may not write|read-only/) },
    });
  });
});
