/**
 * What is asked of one thing at once goes to the database together. Statements wait for each other there anyway, at a goal's row and
 * for a core: here they wait without a connection, and those that have waited are one statement. Host side.
 */
import { failure, failureType } from '../core/failures.ts';
import { gaveWay } from './unavailable.ts';

/** The most that goes together, so that a statement stays within bounds. */
const MOST = 20;
/** How long a statement keeps the next one waiting. A database that is near answers sooner: it is not asked faster than it answers. */
const SHORT_MS = 3;
/** So many times longer when it is about several things: then many are at work, and more comes along with the next one. */
const SHARED = 3;

/** What goes together: one at least. */
export type Batch<In> = readonly [In, ...In[]];

/** Asks for `item` in the line of `key`. */
export type Together<In, Out> = (key: string, item: In) => Promise<Out>;

/** What a line asks for. */
export interface LineOf<In, Out> {
  /** Asks for all of these and gives their answers in order; it is all of them or none. */
  send(items: Batch<In>): Promise<readonly Out[]>;
  /** What an item is about: as long as that is asked for, what comes about the same waits for it. Default: the line itself. */
  about?(item: In): string;
}

/** Lines of all kinds before one database. */
export interface Lines {
  /**
   * Those that fail together, unless the database was away, are asked for one by one: what is wrong with one does not fail the
   * others. When a row was held that one of them needs, they do not wait for each other.
   */
  together<In, Out>(line: LineOf<In, Out>): Together<In, Out>;
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly about: string;
  resolve(answer: Out): void;
  reject(error: unknown): void;
}

/** Lines that take turns. `shortMs`: how long a statement about one thing keeps the next one waiting at most. */
export function createLines(shortMs = SHORT_MS): Lines {
  const inTurn = takeTurns(shortMs);
  return { together: (line) => stand(inTurn, line) };
}

/** Who waits in a line, what is asked for of it now, and whether it has asked for a turn. */
interface Line<In, Out> {
  waiting: Waiting<In, Out>[];
  readonly busy: Set<string>;
  called: boolean;
}

function stand<In, Out>(
  inTurn: ReturnType<typeof takeTurns>,
  { send, about = () => '' }: LineOf<In, Out>,
): Together<In, Out> {
  const lines = new Map<string, Line<In, Out>>();
  const call = (key: string, line: Line<In, Out>) => {
    if (line.called || !line.waiting.some((one) => mayGo(line, one))) return;
    line.called = true;
    // What is asked for in the same turn of the event loop comes along.
    setImmediate(() => void inTurn(() => begin(key, line)));
  };
  const begin = (key: string, line: Line<In, Out>): Turn => {
    line.called = false;
    const batch = takeBatch(line);
    call(key, line);
    const things = new Set(batch.map((one) => one.about));
    const end = () => {
      for (const thing of things) line.busy.delete(thing);
      call(key, line);
      if (line.waiting.length === 0 && line.busy.size === 0) lines.delete(key);
    };
    return { ended: sendAll(send, batch).then(end), shared: things.size > 1 };
  };
  return (key, item) =>
    new Promise((resolve, reject) => {
      const line = lines.get(key) ?? { waiting: [], busy: new Set(), called: false };
      lines.set(key, line);
      line.waiting.push({ item, about: about(item), resolve, reject });
      call(key, line);
    });
}

function mayGo<In, Out>({ busy }: Line<In, Out>, { about }: Waiting<In, Out>): boolean {
  return !busy.has(about);
}

/** Takes those that may go now out of the line, the first ones first. */
function takeBatch<In, Out>(line: Line<In, Out>): Waiting<In, Out>[] {
  const ready = line.waiting.filter((one) => mayGo(line, one)).slice(0, MOST);
  const taken = new Set(ready);
  line.waiting = line.waiting.filter((one) => !taken.has(one));
  for (const one of ready) line.busy.add(one.about);
  return ready;
}

/** A statement that is under way; `shared`: it is about several things. */
interface Turn {
  readonly ended: Promise<void>;
  readonly shared: boolean;
}

/** One after another, but a long one is not waited for. */
function takeTurns(shortMs: number): (begin: () => Turn) => Promise<void> {
  let last = Promise.resolve();
  return async (begin) => {
    const before = last;
    let end: () => void = () => undefined;
    last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    const { ended, shared } = begin();
    const timer = setTimeout(end, shared ? SHARED * shortMs : shortMs);
    await ended;
    clearTimeout(timer);
    end();
  };
}

/** Never rejects: those who wait are told. */
async function sendAll<In, Out>(send: LineOf<In, Out>['send'], batch: readonly Waiting<In, Out>[]): Promise<void> {
  try {
    const items = batch.map(({ item }) => item) as [In, ...In[]];
    const answers = await send(items);
    if (answers.length !== batch.length) throw failure('internal.bug', 'The database did not answer for each.');
    for (const [at, answer] of answers.entries()) batch[at]?.resolve(answer);
  } catch (error) {
    const held = gaveWay(error);
    if (batch.length === 1 || (failureType(error) === 'store.unavailable' && !held)) {
      for (const { reject } of batch) reject(error);
    } else if (held) await Promise.all(batch.map((one) => sendAll(send, [one])));
    else for (const one of batch) await sendAll(send, [one]);
  }
}
