/** Lines between the parts that break as networks do. Integration tests only. */
import type { StoreConnection } from '../../../src/store/connection.ts';
import { startTcpProxy, type TcpAddress } from '../../../src/testing/tcp-proxy.ts';

/** `half-open`: what is connected goes silent, new connections work. */
export type LineFault = 'cut' | 'black-hole' | 'delay' | 'half-open';

const DELAY_MS = 500;

/** A line that can be broken. */
export interface Line {
  readonly address: string;
  break(fault: LineFault): void;
  heal(): void;
  close(): Promise<void>;
}

/** Starts a line to `target`. */
export async function startLine(target: TcpAddress): Promise<Line> {
  let newest = 0;
  let silent: { readonly upTo: number; readonly over: Promise<void>; readonly end: () => void } | undefined;
  const proxy = await startTcpProxy({
    target,
    look: async (_chunk, _way, { number }) => {
      newest = Math.max(newest, number);
      if (silent === undefined || number > silent.upTo) return true;
      await silent.over;
      return false;
    },
  });
  const heal = () => {
    silent?.end();
    silent = undefined;
    proxy.heal();
  };
  return {
    address: proxy.address,
    break(fault) {
      if (fault === 'cut') proxy.cut();
      if (fault === 'black-hole') proxy.blackHole();
      if (fault === 'delay') proxy.delay(DELAY_MS);
      if (fault === 'half-open') {
        let end = (): void => undefined;
        const over = new Promise<void>((resolve) => {
          end = resolve;
        });
        silent = { upTo: newest, over, end: () => end() };
      }
    },
    heal,
    async close() {
      heal();
      await proxy.close();
    },
  };
}

/** `host:port`, or a URL with both. */
export function hostAndPort(address: string): TcpAddress {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return { host: hostname, port: Number(port) };
}

/** Where a database listens. */
export function storeTarget(connection: StoreConnection): TcpAddress {
  if ('url' in connection) return hostAndPort(connection.url);
  return { socketPath: `${connection.socketDir}/.s.PGSQL.${connection.port}` };
}
