/**
 * What is asked of one thing at once goes to the database together. Statements about one goal wait for each other there anyway, at
 * its row: here they wait without a connection, and those that have waited are one statement. Host side.
 */
import { failure, failureType } from '../core/failures.ts';

/** The most that goes together, so that a statement stays within bounds. */
const MOST = 20;
/** How long a statement keeps the next one waiting. A database that is near answers sooner: it is not asked faster than it answers. */
const SHORT_MS = 3;

/** What goes together: one at least. */
export type Batch<In> = readonly [In, ...In[]];

/** Asks for `item` in the line of `key`. */
export type Together<In, Out> = (key: string, item: In) => Promise<Out>;

/** Lines of all kinds before one database. */
export interface Lines {
  /**
   * `send` asks for all items of a line and gives their answers in order; it is all of them or none. Those that fail together, unless
   * the database was away, are asked for one by one: what is wrong with one does not fail the others.
   */
  together<In, Out>(send: (items: Batch<In>) => Promise<readonly Out[]>): Together<In, Out>;
}

interface Waiting<In, Out> {
  readonly item: In;
  resolve(answer: Out): void;
  reject(error: unknown): void;
}

/** Lines that take turns. `shortMs`: how long a statement keeps the next one waiting at most. */
export function createLines(shortMs = SHORT_MS): Lines {
  const inTurn = takeTurns(shortMs);
  return { together: (send) => stand(inTurn, send) };
}

function stand<In, Out>(
  inTurn: ReturnType<typeof takeTurns>,
  send: (items: Batch<In>) => Promise<readonly Out[]>,
): Together<In, Out> {
  const lines = new Map<string, Waiting<In, Out>[]>();
  const empty = async (key: string, line: Waiting<In, Out>[]) => {
    while (line.length > 0) await inTurn(() => sendAll(send, line.splice(0, MOST)));
    lines.delete(key);
  };
  return (key, item) =>
    new Promise((resolve, reject) => {
      const line = lines.get(key) ?? [];
      line.push({ item, resolve, reject });
      if (lines.has(key)) return;
      lines.set(key, line);
      // What is asked for in the same turn of the event loop comes along.
      setImmediate(() => void empty(key, line));
    });
}

/** One after another, but a long one is not waited for. */
function takeTurns(shortMs: number): (work: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return async (work) => {
    const before = last;
    let end: () => void = () => undefined;
    last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    const timer = setTimeout(end, shortMs);
    await work();
    clearTimeout(timer);
    end();
  };
}

/** Never rejects: those who wait are told. */
async function sendAll<In, Out>(
  send: (items: Batch<In>) => Promise<readonly Out[]>,
  batch: readonly Waiting<In, Out>[],
): Promise<void> {
  try {
    const items = batch.map(({ item }) => item) as [In, ...In[]];
    const answers = await send(items);
    if (answers.length !== batch.length) throw failure('internal.bug', 'The database did not answer for each.');
    for (const [at, answer] of answers.entries()) batch[at]?.resolve(answer);
  } catch (error) {
    if (batch.length === 1 || failureType(error) === 'store.unavailable') {
      for (const { reject } of batch) reject(error);
    } else for (const one of batch) await sendAll(send, [one]);
  }
}
