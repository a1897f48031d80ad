/** Values that are dear to read and may be a little old: kept in memory, renewed behind the back of who asks. Host side. */

/** After so long the next who asks has it read anew, ms. */
const RENEWED_AFTER_MS = 10_000;
/** A moment later, ms: who asks has something to do now that the reading would slow down. */
const RENEWAL_DELAY_MS = 500;
/** Nobody is given one that is older, ms. */
const MAX_AGE_MS = 60_000;
const MAX_VALUES = 100;

/** Gives the value of a key that is kept, or reads it. */
export type KeptValues<T> = (key: string, read: () => Promise<T>) => Promise<T>;

interface Kept<T> {
  readonly value: Promise<T>;
  /** When it was read, on the clock `now`; undefined while it is. */
  readAt?: number;
  /** When it is to be read anew. */
  staleAt: number;
}

/** A clock in ms, and what is done a moment later. */
export interface Clock {
  now(): number;
  later(work: () => void): void;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  later: (work) => void setTimeout(work, RENEWAL_DELAY_MS).unref(),
};

/** A value that cannot be read is not kept; an old one stays while a new one cannot be read. */
export function keepValues<T>({ now, later }: Clock = CLOCK): KeptValues<T> {
  const kept = new Map<string, Kept<T>>();
  const renew = (key: string, read: () => Promise<T>): Promise<T> => {
    const before = kept.get(key);
    const fresh: Kept<T> = { value: read(), staleAt: Number.POSITIVE_INFINITY };
    const keep = () => {
      fresh.readAt = now();
      fresh.staleAt = fresh.readAt + RENEWED_AFTER_MS;
      kept.set(key, fresh);
    };
    const drop = () => {
      if (kept.get(key) === fresh) kept.delete(key);
      else if (before) before.staleAt = now();
    };
    fresh.value.then(keep, drop);
    if (!before) kept.set(key, fresh);
    return fresh.value;
  };
  const renewLater = (key: string, known: Kept<T>, read: () => Promise<T>) => {
    known.staleAt = Number.POSITIVE_INFINITY;
    later(() => {
      if (kept.get(key) === known) renew(key, read).catch(() => undefined);
    });
  };
  return (key, read) => {
    const known = kept.get(key);
    const old = known?.readAt !== undefined && now() - known.readAt > MAX_AGE_MS;
    if (known && !old) {
      if (now() >= known.staleAt) renewLater(key, known, read);
      return known.value;
    }
    if (old) kept.delete(key);
    const oldest = kept.size >= MAX_VALUES ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return renew(key, read);
  };
}
