/** Faults between the store and its database: refused, lost, and done but not heard of. Integration tests only. */
import pg from 'pg';

/** `error`: refused by the server · `timeout`: never arrived · `done-unheard`: executed, the answer lost. */
const KINDS = ['error', 'timeout', 'done-unheard'] as const;
export type StoreFault = (typeof KINDS)[number];

/** Injected faults by kind, among so many statements; `stop` lets everything pass again. */
export interface StoreFaults {
  readonly injected: Readonly<Record<StoreFault, number>>;
  readonly statements: number;
  stop(): void;
}

type Query = (...args: unknown[]) => unknown;

/**
 * Lets a `share` of the statements fail that connections of this application send, drawn from `next`, begin and commit
 * included. The kinds take turns, so that all of them occur.
 */
export function injectStoreFaults(applicationName: string, share: number, next: () => number): StoreFaults {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const original = prototype.query;
  const injected: Record<StoreFault, number> = { error: 0, timeout: 0, 'done-unheard': 0 };
  let faults = 0;
  let statements = 0;
  prototype.query = function (this: unknown, ...args: unknown[]): unknown {
    const { connectionParameters } = this as { connectionParameters?: { application_name?: string } };
    if (connectionParameters?.application_name !== applicationName) return original.apply(this, args);
    statements += 1;
    if (next() >= share) return original.apply(this, args);
    const kind = KINDS[faults++ % KINDS.length] ?? 'error';
    injected[kind] += 1;
    const callback = args.at(-1);
    const run = () => Promise.resolve(original.apply(this, typeof callback === 'function' ? args.slice(0, -1) : args));
    const failing = fail(kind, run);
    if (typeof callback !== 'function') return failing;
    failing.catch((error: unknown) => callback(error));
    return undefined;
  };
  return {
    injected,
    get statements() {
      return statements;
    },
    stop() {
      prototype.query = original;
    },
  };
}

async function fail(kind: StoreFault, run: () => Promise<unknown>): Promise<never> {
  if (kind === 'error') throw Object.assign(new Error('the server is shutting down (injected)'), { code: '57P01' });
  // What it would have said besides, a broken rule for instance, is as lost as a success.
  if (kind === 'done-unheard') await run().catch(() => undefined);
  throw new Error('Query read timeout');
}
