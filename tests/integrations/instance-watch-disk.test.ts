import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchDisk } from '../../src/integrations/instance/watch-disk.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'watch-disk-'));
const mounted = mount();

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => {
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe('watchDisk', () => {
  (mounted ? it : it.skip)('fills up, then has room again (needs mount; bad input 83) → told once each', async () => {
    const said: string[] = [];
    const say = (message: string) => said.push(message);
    const stop = watchDisk({
      folders: [folder, join(folder, 'not-there')],
      intervalMs: 5,
      logger: { warn: say, info: say },
    });
    const filler = join(folder, 'filler');
    writeFileSync(filler, Buffer.alloc(8 * 1024 * 1024));
    await until(() => said.length > 0);
    rmSync(filler);
    await until(() => said.length > 1);
    await stop();
    expect(said).toEqual([
      `the disk that holds ${folder} is full or nearly so: goals go on when there is room again`,
      `the disk that holds ${folder} has room again`,
    ]);
  });
});
