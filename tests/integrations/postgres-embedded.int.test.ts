/** The embedded PostgreSQL: real servers in real folders, killed and broken in every way we know. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureType } from '../../src/core/failures.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/integrations/postgres/embedded.ts';
import { endServer, findEmbeddedPostgres } from '../../src/integrations/postgres/running-server.ts';
import { openStore } from '../../src/store/open-store.ts';
import { newGoal, TENANT } from '../store/samples.ts';
import { execute } from '../store/servers.ts';
import { canMount } from '../support/mounts.ts';

const isRoot = process.getuid?.() === 0;
const mounts = canMount();
const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];

/** A folder that only we may enter: as root, the server's user cannot walk to it. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestrator-postgres-'));
  folders.push(folder);
  return join(folder, 'postgres');
}

async function start(dir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dir });
  servers.push(server);
  return server;
}

afterAll(async () => {
  for (const server of servers) await server.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('embedded PostgreSQL', () => {
  it('start, stop, start: a folder that only root or we may enter → rows stay, a clean exit', async () => {
    const dir = await newFolder();
    const lines: string[] = [];
    const first = await startEmbeddedPostgres({ dir, onProgress: (line) => lines.push(line) });
    await execute(first.connection, 'create table kept as select 1 as one');
    await first.stop();
    await expect(first.exited).resolves.toBe(0);
    await expect(findEmbeddedPostgres(dir)).resolves.toBeUndefined();
    const second = await start(dir);
    expect(await execute(second.connection, 'select * from kept')).toEqual([{ one: 1 }]);
    expect(lines).toHaveLength(2);
    const settings = await execute(second.connection, "select current_setting('server_encoding') as encoding");
    expect(settings).toEqual([{ encoding: 'UTF8' }]);
  });

  it('start: a server runs there → postgres.running with its pid; it can be used, and ended (bad input 86)', async () => {
    const dir = await newFolder();
    const first = await start(dir);
    await expect(startEmbeddedPostgres({ dir })).rejects.toMatchObject({
      code: 'postgres.running',
      facts: { pid: first.pid },
    });
    const found = await findEmbeddedPostgres(dir);
    expect(found).toEqual({ pid: first.pid, connection: first.connection });
    await endServer(first.pid);
    await expect(first.exited).resolves.toBe(0);
    await start(dir);
  });

  it('start: twice at once on a new folder → one runs, the other is refused', async () => {
    const dir = await newFolder();
    const results = await Promise.allSettled([start(dir), start(dir)]);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toMatchObject([{ code: 'postgres.running' }]);
    expect(await readdir(dir)).toEqual(expect.arrayContaining(['data', 'postgres.log']));
    expect((await readdir(dir)).filter((name) => name.startsWith('init-'))).toEqual([]);
  });

  it('kill -9 while events are written: restart → every acknowledged one is there, the open store goes on (G1)', async () => {
    const dir = await newFolder();
    const first = await start(dir);
    const store = await openStore({ connection: first.connection, poolSize: 5 });
    await store.migrate();
    const goalId = await newGoal(store);
    let acknowledged = 0;
    let failedWith: unknown;
    const writer = (async () => {
      while (failedWith === undefined) {
        await store.events.append(TENANT, goalId, [{ type: 'fallback', data: {} }]).then(
          () => acknowledged++,
          (error: unknown) => {
            failedWith = error;
          },
        );
        if (acknowledged === 100) process.kill(first.pid, 'SIGKILL');
      }
    })();
    await writer;
    expect(failureType(failedWith)).toBe('store.unavailable');
    await expect(first.exited).resolves.toBeNull();
    await start(dir);
    const events = await store.events.read(TENANT, goalId, 0);
    expect(acknowledged).toBeGreaterThanOrEqual(100);
    expect(events.length).toBeGreaterThanOrEqual(acknowledged);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1));
    await store.close();
  });

  it('start: leftovers of a killed initdb, a lock that names a stranger → removed, started', async () => {
    const dir = await newFolder();
    const half = join(dir, 'init-killed', 'data');
    await mkdir(half, { recursive: true });
    await utimes(join(dir, 'init-killed'), 0, 0);
    const first = await startEmbeddedPostgres({ dir });
    expect(await readdir(dir)).not.toContain('init-killed');
    await first.stop();
    const owner = await stat(join(dir, 'data'));
    const stranger = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
      ...(isRoot ? { uid: owner.uid, gid: owner.gid } : {}),
    });
    await writeFile(join(dir, 'data', 'postmaster.pid'), `${stranger.pid}\n/old\n1\n5432\n.\n\n`);
    const second = await start(dir);
    expect(await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).toContain(String(second.pid));
    stranger.kill();
  });

  it('start: a path too long for a socket → loopback with a password, refused without', async () => {
    const dir = join(await newFolder(), 'x'.repeat(120));
    const { connection } = await start(dir);
    if (!('url' in connection)) throw new Error('a socket');
    expect(await execute(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    const url = new URL(connection.url);
    expect(url.hostname).toBe('127.0.0.1');
    await expect(findEmbeddedPostgres(dir)).resolves.toMatchObject({ connection });
    url.password = 'wrong';
    await expect(execute({ url: url.href }, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('start: below a file, over foreign files, of another version → a typed error, nothing touched (bad input 84)', async () => {
    const dir = await newFolder();
    await mkdir(join(dir, 'data'), { recursive: true });
    await writeFile(join(dir, 'data', 'mine.txt'), 'mine');
    const refused = (path: string) => startEmbeddedPostgres({ dir: path });
    await expect(refused(join(dir, 'data', 'mine.txt', 'x'))).rejects.toMatchObject({ code: 'postgres.folder' });
    await expect(refused(join(dir, 'data', 'mine.txt'))).rejects.toMatchObject({ code: 'postgres.folder' });
    await expect(refused(dir)).rejects.toMatchObject({ code: 'postgres.folder' });
    await writeFile(join(dir, 'data', 'PG_VERSION'), '12\n');
    await expect(refused(dir)).rejects.toMatchObject({ code: 'postgres.version', facts: { found: '12' } });
    expect((await readdir(join(dir, 'data'))).sort()).toEqual(['PG_VERSION', 'mine.txt']);
  });

  (mounts ? it : it.skip)(
    'start: a full disk (needs mount) → postgres.disk-full, nothing half made (bad input 83)',
    async () => {
      const dir = await newFolder();
      await mkdir(dir, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', dir]);
      try {
        await expect(startEmbeddedPostgres({ dir })).rejects.toMatchObject({ code: 'postgres.disk-full' });
        expect(await readdir(dir)).toEqual([]);
      } finally {
        execFileSync('umount', [dir]);
      }
    },
  );

  (mounts ? it : it.skip)('start: a read-only file system (needs mount) → postgres.folder (bad input 84)', async () => {
    const dir = await newFolder();
    await mkdir(dir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,ro', 'none', dir]);
    try {
      await expect(startEmbeddedPostgres({ dir })).rejects.toMatchObject({ code: 'postgres.folder' });
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});
