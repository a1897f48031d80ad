/** A fork's copy of the original's files: whole or not at all, once, and never through a link. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyWorkspace, MAX_BYTES, MAX_FILES } from '../../src/activities/copy-workspace.ts';

let folder: string;
const paths = () => ({ from: join(folder, 'from'), to: join(folder, 'tenant', 'to') });
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copy-workspace-'));
  await mkdir(join(folder, 'tenant'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('copy workspace', () => {
  it('files and folders → copied; links → left out; repeated → what is there stays', async () => {
    const { from, to } = paths();
    await mkdir(join(from, 'a', 'b'), { recursive: true });
    await writeFile(join(from, 'a', 'b', 'c.txt'), 'c');
    await symlink('/etc', join(from, 'etc'));
    await symlink('c.txt', join(from, 'a', 'b', 'd.txt'));
    await copyWorkspace({ from, to });
    await writeFile(join(from, 'a', 'b', 'c.txt'), 'later');
    await copyWorkspace({ from, to });
    expect((await readdir(to, { recursive: true })).sort()).toEqual(['a', 'a/b', 'a/b/c.txt']);
    expect(await readFile(join(to, 'a', 'b', 'c.txt'), 'utf8')).toBe('c');
    expect(await readdir(join(folder, 'tenant'))).toEqual(['to']);
  });

  it('no workspace → none is made; two at once → one copy, no remains', async () => {
    const { from, to } = paths();
    await copyWorkspace({ from, to });
    expect(await readdir(folder)).toEqual(['tenant']);
    await mkdir(from);
    await writeFile(join(from, 'c.txt'), 'c');
    await Promise.all([copyWorkspace({ from, to }), copyWorkspace({ from, to }), copyWorkspace({ from, to })]);
    expect(await readdir(join(folder, 'tenant'))).toEqual(['to']);
    expect(await readdir(to)).toEqual(['c.txt']);
  });

  it('too many bytes, too many files → fork.invalid, nothing copied', async () => {
    const { from, to } = paths();
    await mkdir(from);
    await writeFile(join(from, 'big'), '');
    await truncate(join(from, 'big'), MAX_BYTES + 1);
    await expect(copyWorkspace({ from, to })).rejects.toMatchObject({ type: 'fork.invalid' });
    await rm(join(from, 'big'));
    await Promise.all(Array.from({ length: MAX_FILES + 1 }, (_, at) => writeFile(join(from, `${at}`), '')));
    await expect(copyWorkspace({ from, to })).rejects.toMatchObject({ type: 'fork.invalid' });
    expect(await readdir(join(folder, 'tenant'))).toEqual([]);
  });
});
