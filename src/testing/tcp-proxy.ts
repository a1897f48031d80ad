/** A TCP proxy that behaves as broken networks do: cut, silent, slow, cut off in the middle. Test kit, host side. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type ListenOptions, type Socket } from 'node:net';
import { joinDirection, reset, type Way } from './tcp-direction.ts';

/** Where to, or where at: loopback TCP or a unix socket. */
export type TcpAddress = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** A proxied connection, as `look` knows it: the same object for all its chunks. */
export interface ProxiedConnection {
  /** From 1, in the order they came. */
  readonly number: number;
}

export interface TcpProxyOptions {
  readonly target: TcpAddress;
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: TcpAddress;
  /**
   * Sees every chunk before it passes, as the sender's system cut them; while its promise is open the chunk and what
   * follows wait. False: the chunk is dropped and the connection reset.
   */
  readonly look?: (chunk: Buffer, way: Way, connection: ProxiedConnection) => Promise<boolean> | boolean;
}

/** One fault at a time: each replaces the one before, and `heal` ends it. */
export interface TcpProxy {
  /** Where it listens; 0 on a unix socket. */
  readonly port: number;
  /** `host:port`, or the socket's path. */
  readonly address: string;
  /** Open connections from clients. */
  readonly connections: number;
  /** Resets all connections, and every new one at once. */
  cut(): void;
  /** Keeps connections and takes new ones, but nothing passes, not even an end; `heal` passes on what has waited. */
  blackHole(): void;
  /** Passes everything `ms` later, each way. */
  delay(ms: number): void;
  /** Lets `bytes` more of each connection's answers pass, of a new one's from its start; then both ends are closed. */
  truncate(bytes: number): void;
  heal(): void;
  close(): Promise<void>;
}

type Fault =
  | { readonly kind: 'none' | 'cut' }
  | { readonly kind: 'black-hole'; readonly over: Promise<void>; readonly end: () => void }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'truncate'; readonly bytes: number };

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  /** Bytes of answers that may still pass. */
  left: number;
}

/** Starts a proxy. Errors: those of listening. A target that cannot be reached resets the client's connection. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let fault: Fault = { kind: 'none' };
  let count = 0;
  const become = (next: Fault): void => {
    if (fault.kind === 'black-hole') fault.end();
    fault = next;
    for (const pair of pairs) {
      pair.left = leftOf(next);
      if (next.kind === 'cut') reset(pair.client, pair.target);
    }
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => undefined);
    if (fault.kind === 'cut') return reset(client);
    count += 1;
    join(client, { options, pairs, fault: () => fault, number: count });
  });
  server.listen(toListen(options.listen));
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === 'string' ? 0 : address.port,
    address: typeof address === 'string' ? address : `${address.address}:${address.port}`,
    get connections() {
      return pairs.size;
    },
    cut: () => become({ kind: 'cut' }),
    blackHole: () => become(blackHole()),
    delay: (ms) => become({ kind: 'delay', ms }),
    truncate: (bytes) => become({ kind: 'truncate', bytes }),
    heal: () => become({ kind: 'none' }),
    close: async () => {
      become({ kind: 'cut' });
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface Joining {
  readonly options: TcpProxyOptions;
  readonly pairs: Set<Pair>;
  readonly fault: () => Fault;
  readonly number: number;
}

/** Connects a client to the target, by the rules of the fault that is on. */
function join(client: Socket, { options, pairs, fault, number }: Joining): void {
  const { target: to, look } = options;
  const target = connect({
    ...('socketPath' in to ? { path: to.socketPath } : to),
    noDelay: true,
    allowHalfOpen: true,
  });
  const pair: Pair = { client, target, left: leftOf(fault()) };
  pairs.add(pair);
  target.on('error', () => undefined);
  client.once('close', () => pairs.delete(pair));
  const opened = async (): Promise<void> => {
    for (let now = fault(); now.kind === 'black-hole'; now = fault()) await now.over;
  };
  const delayMs = (): number => {
    const now = fault();
    return now.kind === 'delay' ? now.ms : 0;
  };
  const allow = (bytes: number): number => {
    const allowed = Math.min(bytes, pair.left);
    pair.left -= allowed;
    return allowed;
  };
  const connection = { number };
  const lookAt = (way: Way) => (chunk: Buffer) => look?.(chunk, way, connection) ?? true;
  joinDirection(client, target, { opened, delayMs, allow: (bytes) => bytes, look: lookAt('up') });
  joinDirection(target, client, { opened, delayMs, allow, look: lookAt('down') });
}

function leftOf(fault: Fault): number {
  return fault.kind === 'truncate' ? fault.bytes : Number.POSITIVE_INFINITY;
}

function blackHole(): Fault {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { kind: 'black-hole', over, end };
}

function toListen(listen: TcpAddress | undefined): ListenOptions {
  if (listen === undefined) return { host: '127.0.0.1', port: 0 };
  return 'socketPath' in listen ? { path: listen.socketPath } : listen;
}
