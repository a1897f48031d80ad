import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchAttributes } from '../../src/core/contracts/messages.ts';
import { connectTemporal, type TemporalConnection } from '../../src/integrations/temporal/connect-temporal.ts';
import { connectTemporalNative } from '../../src/integrations/temporal/connect-temporal-native.ts';
import { freePort } from '../../src/integrations/temporal/free-port.ts';
import { locateTemporalCli } from '../../src/integrations/temporal/locate-temporal-cli.ts';
import { registerSearchAttributes } from '../../src/integrations/temporal/register-search-attributes.ts';
import { type DevServer, startDevServer } from '../../src/integrations/temporal/start-dev-server.ts';

const [TEXT, KEYWORD] = [1, 2];

let cliPath: string;
let dir: string;
let server: DevServer;
let main: TemporalConnection;
beforeAll(async () => {
  cliPath = await locateTemporalCli({});
  dir = await mkdtemp(join(tmpdir(), 'orchestrator-connect-'));
  server = await startDevServer({ cliPath, dir, port: 0, uiPort: 0, namespace: 'default' });
  main = await connectTemporal({ address: server.address, namespace: 'default' });
}, 1_800_000);
afterAll(async () => {
  await main.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A namespace of its own, usable at once. */
async function createNamespace(namespace: string): Promise<TemporalConnection> {
  await main.connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  return await connectTemporal({ address: server.address, namespace });
}

describe('Temporal connection', () => {
  it('client and native: right address and namespace → both answer', async () => {
    const native = await connectTemporalNative({ address: server.address, namespace: 'default' });
    const info = await native.workflowService.getSystemInfo({});
    expect(info.serverVersion).toMatch(/^\d+\.\d+/);
    await native.close();
    expect(main.client.options.namespace).toBe('default');
  });

  it('TEMPORAL_ADDRESS → used when no address is given', async () => {
    const env = { TEMPORAL_ADDRESS: server.address };
    const { close } = await connectTemporal({ namespace: 'default', env });
    await close();
    const native = await connectTemporalNative({ namespace: 'default', env });
    await native.close();
  });

  it.each([
    ['client', connectTemporal],
    ['native', connectTemporalNative],
  ])('%s: wrong namespace (bad input 94) → temporal.namespace-missing', async (_kind, connect) => {
    await expect(connect({ address: server.address, namespace: 'nowhere' })).rejects.toMatchObject({
      code: 'temporal.namespace-missing',
      facts: { address: server.address, namespace: 'nowhere' },
    });
  });

  it.each([
    ['client', connectTemporal],
    ['native', connectTemporalNative],
  ])('%s: nothing listens → temporal.unreachable with address and reason', async (_kind, connect) => {
    const address = `127.0.0.1:${await freePort(0)}`;
    await expect(connect({ address, namespace: 'default', timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'temporal.unreachable',
      message: `Temporal at ${address} cannot be reached: nothing listens there.`,
      remedy: expect.stringContaining('orchestrator up'),
    });
  });

  it.each([
    ['client', connectTemporal],
    ['native', connectTemporalNative],
  ])('%s: a port that never answers → given up in time', async (_kind, connect) => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(mute.address() as { port: number }).port}`;
    await expect(connect({ address, namespace: 'default', timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'temporal.unreachable',
      facts: { address },
    });
    mute.close();
    for (const socket of sockets) socket.destroy();
  });

  it('the server starts after its clients and workers (bad input 93) → both get through', async () => {
    const port = await freePort(0);
    const target = { address: `127.0.0.1:${port}`, namespace: 'default', timeoutMs: 30_000 };
    const connecting = Promise.all([connectTemporal(target), connectTemporalNative(target)]);
    const late = await startDevServer({ cliPath, dir: join(dir, 'late'), port, uiPort: 0, namespace: 'default' });
    const [client, native] = await connecting;
    await Promise.all([client.close(), native.close()]);
    await late.stop();
  });

  it('TLS to a server without → temporal.unreachable, the remedy names the TLS settings', async () => {
    const env = { TEMPORAL_ADDRESS: server.address.replace('127.0.0.1', 'localhost'), TEMPORAL_TLS: 'true' };
    await expect(connectTemporal({ namespace: 'default', env, timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'temporal.unreachable',
      remedy: expect.stringContaining('TEMPORAL_TLS'),
    });
  });
});

describe('search attributes', () => {
  const ours = Object.values(searchAttributes).map(({ name }) => name);

  it('a fresh namespace → registered and usable when it returns; again, and by many at once → no harm', async () => {
    const { connection, client, close } = await createNamespace('fresh');
    await Promise.all(Array.from({ length: 4 }, () => registerSearchAttributes(connection, 'fresh')));
    await client.workflow.start('x', {
      taskQueue: 'nobody',
      workflowId: 'tagged',
      typedSearchAttributes: [{ key: searchAttributes.status, value: 'running' }],
    });
    await registerSearchAttributes(connection, 'fresh');
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'fresh' });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(ours));
    await close();
  });

  it('over a native connection → the same', async () => {
    const { close } = await createNamespace('native');
    const native = await connectTemporalNative({ address: server.address, namespace: 'native' });
    await registerSearchAttributes(native, 'native');
    await native.close();
    await close();
  });

  it('one exists with another type → temporal.search-attributes naming it and both types; nothing added', async () => {
    const { connection, close } = await createNamespace('clash');
    await connection.operatorService.addSearchAttributes({
      namespace: 'clash',
      searchAttributes: { OrchestratorStatus: TEXT, OrchestratorTenant: KEYWORD },
    });
    await expect(registerSearchAttributes(connection, 'clash')).rejects.toMatchObject({
      code: 'temporal.search-attributes',
      message: expect.stringContaining('OrchestratorStatus is TEXT and must be KEYWORD'),
      facts: { mismatches: [{ name: 'OrchestratorStatus', wanted: 'KEYWORD', found: 'TEXT' }] },
    });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'clash' });
    expect(Object.keys(customAttributes)).not.toContain('OrchestratorTags');
    await close();
  });

  it('no room for another keyword list → temporal.search-attributes naming what is missing', async () => {
    const { connection, close } = await createNamespace('full');
    const KEYWORD_LIST = 7;
    const lists = Object.fromEntries(['A', 'B', 'C'].map((name) => [name, KEYWORD_LIST]));
    await connection.operatorService.addSearchAttributes({ namespace: 'full', searchAttributes: lists });
    await expect(registerSearchAttributes(connection, 'full')).rejects.toMatchObject({
      code: 'temporal.search-attributes',
      message: expect.stringContaining('OrchestratorTags (KEYWORD_LIST)'),
    });
    await close();
  });
});
