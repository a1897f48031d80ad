import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rotateLog } from '../../src/cli/up/rotate-log.ts';

describe('rotateLog', () => {
  it('log of 10 MiB → stays; larger → set aside, the newest first, three are kept', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rotate-'));
    const path = join(dir, 'up.log');
    try {
      await rotateLog(path);
      for (const start of ['a', 'b', 'c', 'd', 'e']) {
        await writeFile(path, start);
        await truncate(path, 10 * 1024 * 1024);
        await rotateLog(path);
        expect(await readdir(dir)).toContain('up.log');
        await truncate(path, 10 * 1024 * 1024 + 1);
        await rotateLog(path);
      }
      expect((await readdir(dir)).sort()).toEqual(['up.log.1', 'up.log.2', 'up.log.3']);
      const firsts = await Promise.all(
        [1, 2, 3].map(async (at) => (await readFile(`${path}.${at}`)).toString('utf8', 0, 1)),
      );
      expect(firsts).toEqual(['e', 'd', 'c']);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
