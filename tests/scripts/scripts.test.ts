import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matchesLockfile, requireNode } from '../../scripts/lib/ensure-installed.mjs';
import { fingerprint } from '../../scripts/lib/fingerprint.mjs';
import { endLeftovers, noteProcess } from '../../scripts/lib/leftovers.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { run } from '../../scripts/lib/run.mjs';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'scripts-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('requireNode', () => {
  it.each(['18.20.0', '20.18.3'])('Node %s → refused with the remedy', (version) => {
    expect(() => requireNode(version)).toThrow(/install Node 20\.19 or later/);
  });

  it.each(['20.19.0', '22.0.0', '24.1.0'])('Node %s → accepted', (version) => {
    expect(() => requireNode(version)).not.toThrow();
  });
});

describe('matchesLockfile', () => {
  const write = (name: string, packages: Record<string, unknown>) => {
    mkdirSync(join(dir, 'node_modules'), { recursive: true });
    writeFileSync(join(dir, name), JSON.stringify({ packages }));
  };

  it('no node_modules → no match', () => {
    write('package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    expect(matchesLockfile(dir)).toBe(false);
  });

  it('same versions, a platform package not installed → match', () => {
    write('package-lock.json', {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { optional: true },
    });
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    expect(matchesLockfile(dir)).toBe(true);
  });

  it('another version → no match', () => {
    write('package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    expect(matchesLockfile(dir)).toBe(false);
  });
});

describe('fingerprint', () => {
  it('contents and names count, a missing path does not', () => {
    mkdirSync(join(dir, 'src'));
    writeFileSync(join(dir, 'src/a'), '1');
    const before = fingerprint(dir, ['src', 'missing']);
    expect(fingerprint(dir, ['src'])).toBe(before);
    writeFileSync(join(dir, 'src/a'), '2');
    const changed = fingerprint(dir, ['src']);
    writeFileSync(join(dir, 'src/a'), '1');
    writeFileSync(join(dir, 'src/b'), '');
    const added = fingerprint(dir, ['src']);
    expect(new Set([before, changed, added]).size).toBe(3);
    rmSync(join(dir, 'src/b'));
    expect(fingerprint(dir, ['src'])).toBe(before);
  });
});

describe('withLock', () => {
  it('several at once → one after the other, and the lock is gone at the end', async () => {
    const file = join(dir, 'lock');
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)]);
    expect(existsSync(file)).toBe(false);
  });

  it('the holder is dead → taken over', async () => {
    const file = join(dir, 'lock');
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeFileSync(file, String(child.pid));
    await expect(withLock(file, async () => 'done')).resolves.toBe('done');
  });

  it('work fails → the error, and the lock is free again', async () => {
    const file = join(dir, 'lock');
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });
});

describe('endLeftovers', () => {
  it('a noted process → ended; one whose id went to another → left alone', async () => {
    const [ours, other] = [sleeper(), sleeper()];
    noteProcess(dir, ours.pid ?? 0);
    appendFileSync(join(dir, 'processes'), `${other.pid} 1\n`);
    const ended = once(ours, 'exit');
    endLeftovers(dir);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill('SIGKILL');
    await once(other, 'exit');
  });

  function sleeper() {
    return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  }
});

describe('run', () => {
  it('exit code → answered; ended by a signal → 128 and its number', async () => {
    expect(await run(process.execPath, ['-e', 'process.exit(3)'])).toBe(3);
    expect(await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'])).toBe(137);
  });
});
