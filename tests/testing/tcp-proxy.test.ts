import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTcpProxy, type TcpAddress, type TcpProxy, type TcpProxyOptions } from '../../src/testing/tcp-proxy.ts';

/** Answers what it gets, and keeps its side of each connection. */
let echo: Server;
let target: TcpAddress;
let served: Socket[];
let proxies: TcpProxy[];
beforeEach(async () => {
  [served, proxies] = [[], []];
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  target = { host: '127.0.0.1', port: (echo.address() as AddressInfo).port };
});
afterEach(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  for (const socket of served) socket.destroy();
  await new Promise((closed) => echo.close(closed));
});

async function startProxy(options: Partial<TcpProxyOptions> = {}): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ target, ...options });
  proxies.push(proxy);
  return proxy;
}

/** A client with what it has received and how it ended: a code of the system, `end`, or undefined while it is open. */
function dial(to: TcpAddress): {
  socket: Socket;
  got(): string;
  ended: Promise<string>;
  receives(bytes: number): Promise<string>;
} {
  const socket = connect('socketPath' in to ? { path: to.socketPath } : to);
  let got = '';
  socket.on('data', (chunk) => {
    got += chunk.toString('latin1');
    socket.emit('more');
  });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('end', () => resolve('end'));
  });
  const receives = async (bytes: number): Promise<string> => {
    while (got.length < bytes) await once(socket, 'more');
    return got;
  };
  return { socket, got: () => got, ended, receives };
}

const client = (proxy: TcpProxy) => dial({ host: '127.0.0.1', port: proxy.port });

/** A client whose connection has carried something. */
async function connected(proxy: TcpProxy) {
  const one = client(proxy);
  one.socket.write('hello');
  await one.receives(5);
  return one;
}

describe('TCP proxy', () => {
  it('no fault → 5 MB come back bit-equal, an end passes on', async () => {
    const proxy = await startProxy();
    const one = client(proxy);
    const bytes = randomBytes(5_000_000);
    one.socket.end(bytes);
    expect(await one.ended).toBe('end');
    expect(one.got() === bytes.toString('latin1')).toBe(true);
    while (proxy.connections > 0) await new Promise(setImmediate);
  });

  it('unix sockets on both sides → the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proxy-'));
    try {
      const [inner, outer] = [join(folder, 'in'), join(folder, 'out')];
      await startProxy({ listen: { socketPath: inner } });
      const proxy = await startProxy({ target: { socketPath: inner }, listen: { socketPath: outer } });
      expect(proxy).toMatchObject({ port: 0, address: outer });
      const one = dial({ socketPath: outer });
      one.socket.end('both ways');
      expect(await one.ended).toBe('end');
      expect(one.got()).toBe('both ways');
      for (const each of proxies.splice(0)) await each.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('cut → open and new connections are reset on both sides; healed → new ones pass', async () => {
    const proxy = await startProxy();
    const one = await connected(proxy);
    const seen = once(served[0] as Socket, 'error');
    proxy.cut();
    expect(await one.ended).toBe('ECONNRESET');
    expect((await seen)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(await client(proxy).ended).toBe('ECONNRESET');
    expect(proxy.connections).toBe(0);
    proxy.heal();
    await connected(proxy);
  });

  it('black hole → accepted and kept, nothing passes, not even an end; healed → all of it, in order', async () => {
    const proxy = await startProxy();
    const one = await connected(proxy);
    proxy.blackHole();
    const two = client(proxy);
    await once(two.socket, 'connect');
    one.socket.write('one, ');
    one.socket.write('two, ');
    one.socket.end('three');
    two.socket.write('new');
    await new Promise((passed) => setTimeout(passed, 50));
    expect([one.got(), two.got(), served[0]?.readableEnded]).toEqual(['hello', '', false]);
    proxy.heal();
    expect(await one.ended).toBe('end');
    expect(one.got()).toBe('helloone, two, three');
    expect(await two.receives(3)).toBe('new');
  });

  it('a client that dies in a black hole → the target does not hear of it before it is healed', async () => {
    const proxy = await startProxy();
    const one = await connected(proxy);
    proxy.blackHole();
    one.socket.resetAndDestroy();
    await new Promise((passed) => setTimeout(passed, 50));
    expect(served[0]?.destroyed).toBe(false);
    const seen = new Promise((resolve) => served[0]?.once('close', resolve));
    proxy.heal();
    await seen;
  });

  it('delay → each way takes so long, and many chunks no longer than one', async () => {
    const proxy = await startProxy();
    const one = await connected(proxy);
    proxy.delay(100);
    const startedAt = performance.now();
    for (let at = 0; at < 20; at++) {
      one.socket.write('x'.repeat(10));
      await new Promise(setImmediate);
    }
    await one.receives(205);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(195);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('truncate → so many more bytes of the answers, then an end; healed → new ones pass whole', async () => {
    const proxy = await startProxy();
    const one = await connected(proxy);
    proxy.truncate(4);
    one.socket.write('0123456789');
    expect([await one.ended, one.got()]).toEqual(['end', 'hello0123']);
    const two = client(proxy);
    two.socket.write('abcdef');
    expect([await two.ended, two.got()]).toEqual(['end', 'abcd']);
    proxy.heal();
    await connected(proxy);
  });

  it('look → sees chunks of both ways, holds one while its promise is open, drops on false', async () => {
    const seen: string[] = [];
    let release = (_pass: boolean): void => undefined;
    const proxy = await startProxy({
      look: (chunk, way, { number }) => {
        seen.push(`${number} ${way} ${chunk}`);
        if (way === 'up' || chunk.toString() === 'hello') return true;
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    });
    const one = await connected(proxy);
    one.socket.write('held');
    while (seen.length < 4) await new Promise(setImmediate);
    expect(one.got()).toBe('hello');
    release(true);
    expect(await one.receives(9)).toBe('helloheld');
    one.socket.write('lost');
    while (seen.length < 6) await new Promise(setImmediate);
    release(false);
    expect(await one.ended).toBe('ECONNRESET');
    expect(one.got()).toBe('helloheld');
    expect(seen).toEqual(['1 up hello', '1 down hello', '1 up held', '1 down held', '1 up lost', '1 down lost']);
  });

  it('a target that cannot be reached → the client is reset; closed → nobody listens', async () => {
    const proxy = await startProxy({ target: { socketPath: '/nowhere/at/all' } });
    expect(await client(proxy).ended).toBe('ECONNRESET');
    await proxy.close();
    expect(await client(proxy).ended).toBe('ECONNREFUSED');
  });
});
