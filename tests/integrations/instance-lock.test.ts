import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockInstance, tryLock } from '../../src/integrations/instance/lock.ts';
import { type LineProcess, startFixture } from './fixtures/line-process.ts';

const DEAD = { pid: 2 ** 22 + 1, startTime: 'another boot:1' };
const CONTENDERS = 8;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-lock-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function askAll(contenders: readonly LineProcess[], command: unknown) {
  for (const each of contenders) each.send(command);
  return await Promise.all(contenders.map((each) => each.next()));
}

describe('instance lock', () => {
  it('held by a live process → instance.running with its pid; released → free again', async () => {
    const lock = await lockInstance(dir);
    await expect(lockInstance(dir)).rejects.toMatchObject({
      code: 'instance.running',
      facts: { pid: process.pid, dir },
      remedy: expect.stringContaining('orchestrator down'),
    });
    await lock.release();
    const again = await lockInstance(dir);
    await again.release();
    expect((await readdir(dir)).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it('a second release → leaves the next holder’s lock alone', async () => {
    const first = await lockInstance(dir);
    await first.release();
    await lockInstance(dir);
    await first.release();
    await expect(lockInstance(dir)).rejects.toMatchObject({ code: 'instance.running' });
  });

  it('a damaged lock file → taken over', async () => {
    await writeFile(join(dir, 'instance.lock.3'), '{"pid":');
    await expect(lockInstance(dir)).resolves.toBeDefined();
  });

  it('8 processes after a crash, 40 times → exactly one winner each time', async () => {
    const contenders = Array.from({ length: CONTENDERS }, () => startFixture('lock-contender.ts'));
    try {
      for (let round = 0; round < 40; round += 1) {
        const path = join(dir, `round-${round}`);
        await tryLock(path, DEAD);
        const answers = await askAll(contenders, { take: path });
        expect(answers.filter(({ won }) => won)).toHaveLength(1);
      }
    } finally {
      await Promise.all(contenders.map((each) => each.kill()));
    }
  });

  it('the holder is killed with SIGKILL, three times → exactly one of the others gets the lock', async () => {
    let contenders = Array.from({ length: CONTENDERS }, () => startFixture('lock-contender.ts'));
    const path = join(dir, 'killed');
    try {
      for (let round = 0; round < 3; round += 1) {
        const answers = await askAll(contenders, { take: path });
        const winners = contenders.filter((_, index) => answers[index]?.won);
        expect(winners).toHaveLength(1);
        await winners[0]?.kill();
        contenders = contenders.filter((each) => each !== winners[0]);
      }
    } finally {
      await Promise.all(contenders.map((each) => each.kill()));
    }
  });

  it('8 processes take and release it at once → never two inside', async () => {
    const contenders = Array.from({ length: CONTENDERS }, () => startFixture('lock-contender.ts'));
    try {
      const answers = await askAll(contenders, { churn: join(dir, 'churn'), rounds: 40 });
      expect(answers).toEqual(answers.map(() => ({ violations: 0 })));
    } finally {
      await Promise.all(contenders.map((each) => each.kill()));
    }
  });
});
