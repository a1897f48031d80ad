import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownIdentity } from '../../src/integrations/instance/process-identity.ts';
import {
  findInstance,
  type InstanceRecord,
  readInstance,
  recordedStore,
  recordPath,
  removeInstance,
  writeInstance,
} from '../../src/integrations/instance/record.ts';
import { keepRecord } from '../../src/integrations/instance/record-keeper.ts';
import { preferredPorts, savePorts } from '../../src/integrations/instance/saved-ports.ts';

let dir: string;
let record: InstanceRecord;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-record-'));
  record = {
    version: 1,
    state: 'starting',
    up: await ownIdentity(),
    simulate: false,
    startedAt: '2026-11-22T10:00:00.000Z',
    servers: { temporal: null, postgres: null },
    temporal: null,
    store: null,
    simulatorUrl: null,
  };
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('instance record', () => {
  it('written → read back the same, mode 0600, no draft left', async () => {
    await writeInstance(dir, record);
    expect(await readInstance(dir)).toEqual(record);
    expect((await stat(recordPath(dir))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['instance.json']);
  });

  it('no folder, no file → none; live process → running; another start time → dead', async () => {
    expect(await findInstance(join(dir, 'missing'))).toEqual({ state: 'none' });
    expect(await findInstance(dir)).toEqual({ state: 'none' });
    await writeInstance(dir, record);
    expect(await findInstance(dir)).toEqual({ state: 'running', record });
    const dead = { ...record, up: { pid: process.pid, startTime: 'boot:1' } };
    await writeInstance(dir, dead);
    expect(await findInstance(dir)).toEqual({ state: 'dead', record: dead });
    await removeInstance(dir);
    expect(await findInstance(dir)).toEqual({ state: 'none' });
  });

  it('cut, of another version, or with unknown keys → instance.record-invalid', async () => {
    const texts = ['{"version":1', JSON.stringify({ ...record, version: 2 }), JSON.stringify({ ...record, extra: 1 })];
    for (const text of texts) {
      await writeFile(recordPath(dir), text);
      await expect(findInstance(dir)).rejects.toMatchObject({ code: 'instance.record-invalid' });
    }
  });

  it('many updates at once → the file holds all of them', async () => {
    const keeper = await keepRecord(dir, record);
    const me = await ownIdentity();
    await Promise.all([
      keeper.setServer('temporal', me),
      keeper.update({ state: 'ready' }),
      keeper.setServer('postgres', me),
      keeper.update({ simulatorUrl: 'http://127.0.0.1:1' }),
    ]);
    expect(await readInstance(dir)).toEqual({
      ...record,
      state: 'ready',
      servers: { temporal: me, postgres: me },
      simulatorUrl: 'http://127.0.0.1:1',
    });
  });

  it('a write that fails → reported, and the next one goes through', async () => {
    const folder = join(dir, 'instance');
    await expect(keepRecord(folder, record)).rejects.toMatchObject({ code: 'ENOENT' });
    const keeper = await keepRecord(dir, record);
    await rm(dir, { recursive: true });
    await expect(keeper.update({ state: 'ready' })).rejects.toMatchObject({ code: 'ENOENT' });
    dir = await mkdtemp(join(tmpdir(), 'orchestrator-record-'));
  });

  it('store: embedded → as recorded; configured → the URL given here, or an error; starting → an error', () => {
    const embedded = { socketDir: '/s', port: 5432, user: 'u', database: 'd' };
    expect(recordedStore({ ...record, store: embedded }, undefined)).toEqual(embedded);
    const configured: InstanceRecord = { ...record, store: 'configured' };
    expect(recordedStore(configured, 'postgres://h/d')).toEqual({ url: 'postgres://h/d' });
    expect(() => recordedStore(configured, undefined)).toThrow(/database of its own/);
    expect(() => recordedStore(record, undefined)).toThrow(/still starting/);
  });
});

describe('saved ports', () => {
  it('none or damaged → the wished; saved → the same again; other wish → the new wish', async () => {
    const wished = { port: 7233, uiPort: 8233 };
    const got = { port: 41_000, uiPort: 8233 };
    expect(await preferredPorts(dir, wished)).toEqual(wished);
    await savePorts(dir, wished, got);
    expect(await preferredPorts(dir, wished)).toEqual(got);
    expect(await preferredPorts(dir, { ...wished, port: 7300 })).toEqual({ ...wished, port: 7300 });
    await writeFile(join(dir, 'ports.json'), (await readFile(join(dir, 'ports.json'), 'utf8')).slice(5));
    expect(await preferredPorts(dir, wished)).toEqual(wished);
  });
});
