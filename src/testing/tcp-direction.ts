/** One direction of a proxied connection: what comes in goes out in order, later, in part or never. Test kit, host side. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Towards the target, or back to the client. */
export type Way = 'up' | 'down';

/** What happens to the bytes of a direction; read anew for each chunk. */
export interface DirectionRules {
  /** Resolves when bytes may pass. */
  opened(): Promise<void>;
  /** From arrival to passing on, ms. */
  delayMs(): number;
  /** How many of `bytes` may still pass; fewer than asked ends the connection after them. */
  allow(bytes: number): number;
  /** Looks at a chunk before it passes. False: it never does, and the connection is reset. */
  look(chunk: Buffer): Promise<boolean> | boolean;
}

/** A sender that is not read from any further until what it sent has passed on. */
const MOST_WAITING_BYTES = 1024 * 1024;

/** Joins `from` to `to` until either is gone. Chunk, end and reset all keep their order, and wait alike. */
export function joinDirection(from: Socket, to: Socket, rules: DirectionRules): void {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  const inOrder = (work: () => Promise<void> | void): void => {
    last = last
      .then(rules.opened)
      .then(work)
      .catch(() => reset(from, to));
  };
  from.on('data', (chunk) => {
    const dueAt = performance.now() + rules.delayMs();
    waiting += chunk.length;
    if (waiting > MOST_WAITING_BYTES) from.pause();
    inOrder(async () => {
      await sleep(Math.max(0, dueAt - performance.now()));
      await passOn(chunk, { from, to, rules });
      waiting -= chunk.length;
      if (waiting <= MOST_WAITING_BYTES) from.resume();
    });
  });
  from.on('end', () => inOrder(() => void to.end()));
  from.on('error', () => inOrder(() => reset(to)));
  from.on('close', () => inOrder(() => void to.destroySoon()));
}

interface Ends {
  readonly from: Socket;
  readonly to: Socket;
  readonly rules: DirectionRules;
}

async function passOn(chunk: Buffer, { from, to, rules }: Ends): Promise<void> {
  if (!(await rules.look(chunk))) return reset(from, to);
  await rules.opened();
  const allowed = rules.allow(chunk.length);
  if (allowed === chunk.length) return await write(to, chunk);
  to.end(chunk.subarray(0, allowed));
  from.destroy();
}

async function write(to: Socket, chunk: Buffer): Promise<void> {
  if (to.destroyed || to.writableEnded || to.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      to.off('drain', done).off('close', done);
      resolve();
    };
    to.once('drain', done).once('close', done);
  });
}

/** Ends connections with a TCP reset; on a unix socket, where there is none, at once. */
export function reset(...sockets: readonly Socket[]): void {
  for (const socket of sockets) {
    // Before it is connected there is nothing to reset, and Node would wait for the connection first.
    if (socket.connecting || socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }
}
