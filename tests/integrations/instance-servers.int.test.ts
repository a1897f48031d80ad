import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as PgClient } from 'pg';
import { type Config, configSchema } from '../../src/core/config.ts';
import { cleanUpDeadInstance } from '../../src/integrations/instance/end-orphans.ts';
import { isAlive } from '../../src/integrations/instance/process-identity.ts';
import { findInstance, type InstanceRecord, readInstance } from '../../src/integrations/instance/record.ts';
import { type ServerEvent, type Servers, startServers } from '../../src/integrations/instance/servers.ts';
import { connectTemporal } from '../../src/integrations/temporal/connect-temporal.ts';
import { locateTemporalCli } from '../../src/integrations/temporal/locate-temporal-cli.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { startFixture } from './fixtures/line-process.ts';

let cliPath: string;
let dir: string;
let started: Servers[];
beforeAll(async () => {
  cliPath = await locateTemporalCli({});
}, 1_800_000);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-servers-'));
  started = [];
});
afterEach(async () => {
  for (const servers of started) await servers.stop();
  await cleanUpDeadInstance(dir, () => undefined);
  await rm(dir, { recursive: true, force: true });
});

function configOf(over: Record<string, unknown> = {}): Config {
  return configSchema.parse({ dataDir: dir, temporal: { cliPath, port: 0, uiPort: 0 }, ...over });
}

async function start(config = configOf()): Promise<Servers> {
  const servers = await startServers({ dataDir: dir, config });
  started.push(servers);
  return servers;
}

async function present(): Promise<InstanceRecord> {
  const record = await readInstance(dir);
  if (!record) throw new Error('no record');
  return record;
}

/** Processes that work in the folder, or name it, other than this one. Linux only. */
async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return cwd.startsWith(folder) || command.includes(folder);
    }),
  );
  return pids.filter((pid, index) => found[index] && pid !== process.pid);
}

async function query(servers: Pick<Servers, 'store'>, sql: string): Promise<unknown[]> {
  const client = new PgClient(clientConfig(servers.store, 'test'));
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

describe('instance servers', () => {
  it('start → both answer and are on record; stop → record gone, nothing runs, lock free', async () => {
    const servers = await start();
    expect(await query(servers, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const { close } = await connectTemporal(servers.temporal);
    await close();
    await servers.update({ state: 'ready', simulatorUrl: 'http://127.0.0.1:1' });
    const found = await findInstance(dir);
    expect(found).toMatchObject({
      state: 'running',
      record: { state: 'ready', up: { pid: process.pid }, temporal: servers.temporal, store: servers.store },
    });
    const { temporal, postgres } = (await present()).servers;
    await Promise.all([servers.stop(), servers.stop()]);
    expect(await findInstance(dir)).toEqual({ state: 'none' });
    for (const identity of [temporal, postgres]) expect(identity && (await isAlive(identity))).toBe(false);
    const again = await start();
    expect(again.temporal).toEqual(servers.temporal);
    await again.stop();
  });

  it('a second start on the folder → instance.running with the pid; the first goes on', async () => {
    const up = startFixture('up.ts', [dir]);
    const { temporal } = (await up.until(({ ready }) => ready === true)) as unknown as Servers;
    await expect(start()).rejects.toMatchObject({ code: 'instance.running', facts: { pid: up.pid } });
    const { close } = await connectTemporal(temporal);
    await close();
    await up.kill();
  });

  it('kill -9 of up, then a new start → orphans ended, same addresses, data of both kept', async () => {
    const up = startFixture('up.ts', [dir]);
    const first = (await up.until(({ ready }) => ready === true)) as unknown as Servers;
    const one = await connectTemporal(first.temporal);
    await one.client.workflow.start('kept', { taskQueue: 'nobody', workflowId: 'kept' });
    await one.close();
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await up.kill();
    const before = await present();
    expect(await findInstance(dir)).toMatchObject({ state: 'dead' });

    const servers = await start();
    expect(servers.temporal).toEqual(first.temporal);
    const { temporal, postgres } = before.servers;
    for (const identity of [temporal, postgres]) expect(identity && (await isAlive(identity))).toBe(false);
    expect(await query(servers, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    const two = await connectTemporal(servers.temporal);
    expect((await two.client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    await two.close();
    await servers.stop();
    expect(await processesIn(dir)).toEqual([]);
  });

  it('kill -9 of up at any moment of its start → the next start works and leaves nothing behind', async () => {
    const steps: ((line: Record<string, unknown>) => boolean)[] = [
      ({ progress }) => String(progress).startsWith('Creating'),
      ({ progress }) => progress === 'Starting PostgreSQL',
      ({ ready }) => ready === true,
    ];
    for (const [index, step] of [...steps, ...steps].entries()) {
      const up = startFixture('up.ts', [index < 3 ? dir : join(dir, `late-${index}`)]);
      await up.until((line) => step(line) || line.ready === true);
      // A little later each time: between spawn, record and readiness.
      await new Promise((resolve) => setTimeout(resolve, index * 9));
      await up.kill();
    }
    const folders = [
      dir,
      ...(await readdir(dir)).filter((name) => name.startsWith('late-')).map((name) => join(dir, name)),
    ];
    for (const folder of folders) {
      const servers = await startServers({ dataDir: folder, config: configOf() });
      await servers.stop();
    }
    expect(await processesIn(dir)).toEqual([]);
  }, 240_000);

  it('a server is killed → started again at the same address, told and recorded', async () => {
    const servers = await start();
    const events: ServerEvent[] = [];
    const bothBack = new Promise<void>((resolve) => {
      servers.onServerEvent = (event) => {
        events.push(event);
        if (events.filter(({ type }) => type === 'server-restart').length === 2) resolve();
      };
    });
    const before = (await present()).servers;
    for (const identity of [before.temporal, before.postgres]) process.kill(identity?.pid ?? 0, 'SIGKILL');
    await bothBack;
    const after = (await present()).servers;
    expect(after.temporal?.pid).not.toBe(before.temporal?.pid);
    expect(after.postgres?.pid).not.toBe(before.postgres?.pid);
    expect(await query(servers, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const { close } = await connectTemporal(servers.temporal);
    await close();
    await servers.stop();
    expect(await processesIn(dir)).toEqual([]);
  });

  it('configured servers → used as they are, nothing started, no URL on disk', async () => {
    const url = 'postgres://user:hush@db.example/x';
    const servers = await start(configOf({ temporal: { address: 'there.example:7233' }, database: { url } }));
    expect(servers.temporal).toEqual({ address: 'there.example:7233', namespace: 'default' });
    expect(servers.store).toEqual({ url });
    expect(await readFile(join(dir, 'instance.json'), 'utf8')).not.toContain('hush');
    expect((await present()).servers).toEqual({ temporal: null, postgres: null });
    await servers.stop();
  });

  it('Temporal cannot start → its error is thrown, PostgreSQL is stopped, the folder is free', async () => {
    const config = configOf({ temporal: { cliPath: join(dir, 'none'), port: 0, uiPort: 0 } });
    await expect(start(config)).rejects.toMatchObject({ code: 'temporal.cli-invalid' });
    expect(await processesIn(dir)).toEqual([]);
    expect(await findInstance(dir)).toEqual({ state: 'none' });
    const servers = await start();
    await servers.stop();
  });

  it('called off while starting → instance.cancelled, nothing left', async () => {
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await expect(
      startServers({ dataDir: dir, config: configOf(), onProgress, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'instance.cancelled' });
    expect(await processesIn(dir)).toEqual([]);
    expect(await findInstance(dir)).toEqual({ state: 'none' });
  });
});
