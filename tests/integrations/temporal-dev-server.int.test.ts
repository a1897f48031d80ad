import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '../../src/integrations/instance/process-identity.ts';
import { connectTemporal } from '../../src/integrations/temporal/connect-temporal.ts';
import { devServerFailure } from '../../src/integrations/temporal/dev-server-failure.ts';
import { freePort } from '../../src/integrations/temporal/free-port.ts';
import { locateTemporalCli } from '../../src/integrations/temporal/locate-temporal-cli.ts';
import { type DevServer, startDevServer } from '../../src/integrations/temporal/start-dev-server.ts';
import { canMount } from '../support/mounts.ts';
import { startFixture } from './fixtures/line-process.ts';

const itWithMounts = canMount() ? it : it.skip;

let cliPath: string;
let dir: string;
let running: DevServer[];
beforeAll(async () => {
  cliPath = await locateTemporalCli({});
}, 1_800_000);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-dev-'));
  running = [];
});
afterEach(async () => {
  for (const server of running) await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startDevServer>[0]> = {}): Promise<DevServer> {
  const server = await startDevServer({ cliPath, dir, port: 0, uiPort: 0, namespace: 'default', ...options });
  running.push(server);
  return server;
}

async function listenOn(port: number): Promise<Server> {
  const server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

const python = spawnSync('python3', ['-c', 'import sqlite3']).status === 0;

/** A process that has the database for itself, as a database browser may. */
async function lockWithPython(database: string): Promise<{ free(): Promise<void> }> {
  const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('pragma locking_mode=exclusive')
db.execute('begin immediate')
print('locked', flush=True)
sys.stdin.read()`;
  const child = spawn('python3', ['-c', script, database], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    async free() {
      child.stdin.end();
      await ended;
    },
  };
}

describe('embedded Temporal server', () => {
  it('started → serves its namespace, recorded before it began, WAL, private files; stopped → gone', async () => {
    const seen: { identity: ProcessIdentity; command: string }[] = [];
    const onSpawn = async (identity: ProcessIdentity) => {
      seen.push({ identity, command: await readFile(`/proc/${identity.pid}/comm`, 'utf8').catch(() => '') });
    };
    const server = await start({ namespace: 'work', onSpawn });
    expect(seen.map(({ identity }) => identity)).toEqual([server.identity]);
    expect(seen[0]?.command).not.toContain('temporal');
    const { connection, close } = await connectTemporal({ address: server.address, namespace: 'work' });
    const info = await connection.workflowService.getClusterInfo({});
    expect(info.persistenceStore).toBe('sqlite');
    await close();
    expect((await stat(join(dir, 'temporal.db-wal'))).size).toBeGreaterThan(0);
    expect((await stat(join(dir, 'temporal.db'))).mode & 0o077).toBe(0);
    expect((await fetch(server.uiUrl)).status).toBe(200);
    await server.stop();
    expect(await server.exited).toBe(0);
    expect(await isAlive(server.identity)).toBe(false);
  });

  it('stopped and started again → the workflows are still there', async () => {
    const first = await start();
    const one = await connectTemporal({ address: first.address, namespace: 'default' });
    await one.client.workflow.start('kept', { taskQueue: 'nobody', workflowId: 'kept' });
    await one.close();
    await first.stop();
    const second = await start();
    const two = await connectTemporal({ address: second.address, namespace: 'default' });
    expect((await two.client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    await two.close();
  });

  it('the server’s HTTP API → refuses every request', async () => {
    const httpPort = await freePort(0);
    // The port cannot be asked for: a CLI in between adds the flag.
    const wrapper = join(dir, 'temporal-with-http');
    await writeFile(wrapper, `#!/bin/sh\nexec '${cliPath}' "$@" --http-port ${httpPort}\n`, { mode: 0o755 });
    await start({ cliPath: wrapper });
    const url = `http://127.0.0.1:${httpPort}/api/v1/namespaces`;
    const requests = [{}, { headers: { Origin: 'http://evil.example' } }, { method: 'POST', body: '{}' }];
    for (const request of requests) expect((await fetch(url, request)).status).toBe(403);
  });

  it('wished ports taken (bad input 87) → other ones, and says so', async () => {
    const taken = [await listenOn(0), await listenOn(0)];
    const [port = 0, uiPort = 0] = taken.map((each) => (each.address() as { port: number }).port);
    const lines: string[] = [];
    const server = await start({ port, uiPort, onProgress: (line) => lines.push(line) });
    expect(server.address).not.toBe(`127.0.0.1:${port}`);
    expect(lines[0]).toContain(`Port ${port} is taken`);
    expect(lines[1]).toContain(`Port ${uiPort} is taken`);
    for (const each of taken) each.close();
  });

  it('exactly these ports and one taken → temporal.port-taken, nothing started', async () => {
    const taken = await listenOn(0);
    const { port } = taken.address() as { port: number };
    const spawned: ProcessIdentity[] = [];
    const onSpawn = async (identity: ProcessIdentity) => void spawned.push(identity);
    await expect(start({ port, uiPort: await freePort(0), exactPorts: true, onSpawn })).rejects.toMatchObject({
      code: 'temporal.port-taken',
      facts: { port },
    });
    expect(spawned).toEqual([]);
    taken.close();
  });

  it('a second server on the same folder (bad input 86) → temporal.running with the pid', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({ code: 'temporal.running', facts: { pid: first.pid } });
    // The lock file of the first is gone: the open database still tells.
    await rm(join(dir, 'temporal.lock.1'));
    await expect(start()).rejects.toMatchObject({ code: 'temporal.running', facts: { pid: first.pid } });
    expect(await isAlive(first.identity)).toBe(true);
  });

  it('recording the process fails → the server never begins', async () => {
    const spawned: ProcessIdentity[] = [];
    const onSpawn = async (identity: ProcessIdentity) => {
      spawned.push(identity);
      throw new Error('cannot record');
    };
    await expect(start({ onSpawn })).rejects.toThrow('cannot record');
    await expect(stat(join(dir, 'temporal.db'))).rejects.toMatchObject({ code: 'ENOENT' });
    const server = await start();
    expect(server.pid).not.toBe(spawned[0]?.pid);
  });

  it('database overwritten or cut (bad input 85) → temporal.database-damaged with the way out', async () => {
    const database = join(dir, 'temporal.db');
    await writeFile(database, Buffer.alloc(100_000, 7));
    await expect(start()).rejects.toMatchObject({
      code: 'temporal.database-damaged',
      remedy: expect.stringContaining(dir),
      facts: { database },
    });
    await rm(database);
    const server = await start();
    const { client, close } = await connectTemporal({ address: server.address, namespace: 'default' });
    // SQLite moves its log into the file from 4 MB on.
    while ((await stat(database)).size < 1_000_000) {
      await client.workflow.start('x', { taskQueue: 'nobody', workflowId: randomUUID(), args: ['y'.repeat(50_000)] });
    }
    await close();
    await server.stop();
    await truncate(database, 500_000);
    await expect(start()).rejects.toMatchObject({ code: 'temporal.database-damaged' });
  });

  (python ? it : it.skip)(
    'database locked by another process (needs python3; bad input 85) → temporal.database-locked, unharmed when it is free',
    async () => {
      const database = join(dir, 'temporal.db');
      const first = await start();
      const { client, close } = await connectTemporal({ address: first.address, namespace: 'default' });
      await client.workflow.start('x', { taskQueue: 'nobody', workflowId: 'kept' });
      await close();
      await first.stop();
      const lock = await lockWithPython(database);
      await expect(start()).rejects.toMatchObject({ code: 'temporal.database-locked', facts: { database } });
      await lock.free();
      const second = await start();
      const again = await connectTemporal({ address: second.address, namespace: 'default' });
      const { status } = await again.client.workflow.getHandle('kept').describe();
      await again.close();
      expect(status.name).toBe('RUNNING');
    },
  );

  it('database emptied or gone after use → temporal.database-lost instead of a silent new one', async () => {
    const server = await start();
    await server.stop();
    await truncate(join(dir, 'temporal.db'), 0);
    await expect(start()).rejects.toMatchObject({
      code: 'temporal.database-lost',
      message: expect.stringContaining('emptied'),
    });
    await rm(join(dir, 'temporal.db'));
    await expect(start()).rejects.toMatchObject({
      code: 'temporal.database-lost',
      message: expect.stringContaining('gone'),
    });
  });

  it('a folder in place of the database, a file in place of the folder → temporal.database-unwritable', async () => {
    await mkdir(join(dir, 'temporal.db'));
    await expect(start()).rejects.toMatchObject({ code: 'temporal.database-unwritable' });
    await expect(start({ dir: join(dir, 'file', 'below') })).resolves.toBeDefined();
    await writeFile(join(dir, 'plain'), '');
    await expect(start({ dir: join(dir, 'plain') })).rejects.toMatchObject({ code: 'temporal.database-unwritable' });
  });

  it('a database that this user may not write (bad input 84) → temporal.database-unwritable', async () => {
    await writeFile(join(dir, 'temporal.db'), 'x', { mode: 0o600 });
    const child = startFixture('as-nobody.ts', ['temporal', '/usr/orchestrator-temporal']);
    expect(await child.next()).toMatchObject({ code: 'temporal.database-unwritable' });
  });

  itWithMounts('a full disk (bad input 83) → temporal.disk-full before anything is written', async () => {
    const small = join(dir, 'small');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
    try {
      await expect(start({ dir: join(small, 'temporal') })).rejects.toMatchObject({ code: 'temporal.disk-full' });
      expect(await readdir(join(small, 'temporal'))).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it('a log above 5 MB → put aside at the next start', async () => {
    await writeFile(join(dir, 'temporal.log'), Buffer.alloc(5 * 1024 * 1024 + 1, 'x'));
    await start();
    expect((await stat(join(dir, 'temporal.log.1'))).size).toBeGreaterThan(5 * 1024 * 1024);
    expect((await stat(join(dir, 'temporal.log'))).size).toBeLessThan(10_000);
  });

  it('a binary that ends at once → temporal.start-failed with what it said', async () => {
    const broken = join(dir, 'broken');
    await writeFile(broken, '#!/bin/sh\necho "no such flag: --sqlite-pragma" >&2\nexit 2\n', { mode: 0o755 });
    await expect(start({ cliPath: broken })).rejects.toMatchObject({
      code: 'temporal.start-failed',
      message: expect.stringContaining('no such flag'),
    });
  });

  it.each([
    ['failed setting up schema: database or disk is full (13)', 'temporal.disk-full'],
    ['Error: ENOSPC: no space left on device, write', 'temporal.disk-full'],
    ['SaveClusterMetadata operation failed. Error: database is locked (5) (SQLITE_BUSY)', 'temporal.database-locked'],
    ['attempt to write a readonly database (8)', 'temporal.database-unwritable'],
    ['unable to open database file: out of memory (14)', 'temporal.database-unwritable'],
    ['database disk image is malformed (11)', 'temporal.database-damaged'],
    ['listen tcp 127.0.0.1:7233: bind: address already in use', 'temporal.port-taken'],
    ['', 'temporal.start-failed'],
  ])('output "%s" (bad inputs 83, 85, 87) → %s with a remedy', (output, code) => {
    const failure = devServerFailure(output, { dir: '/d', database: '/d/temporal.db', log: '/d/temporal.log' });
    expect(failure.code).toBe(code);
    expect(failure.remedy).not.toBe('');
  });
});
