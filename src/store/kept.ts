/** Values that are dear to read and may be a little old: kept in memory, renewed behind the back of who asks. Host side. */

/** A value serves for so many times what reading it took, so that reading takes 1 % of the time at most. */
const TIMES_ITS_PRICE = 100;
/** Nobody is given one that is older, ms. */
const MAX_AGE_MS = 60_000;
const MAX_VALUES = 100;

/** Gives the value of a key that is kept, or reads it. */
export type KeptValues<T> = (key: string, read: () => Promise<T>) => Promise<T>;

interface Kept<T> {
  readonly value: Promise<T>;
  /** When it was read, on the clock `now`; undefined while it is. */
  readAt?: number;
  /** From then on the next who asks has it read anew. */
  staleAt: number;
}

/** `now` is a clock in ms. A value that cannot be read is not kept; an old one stays while a new one cannot be read. */
export function keepValues<T>(now: () => number = () => performance.now()): KeptValues<T> {
  const kept = new Map<string, Kept<T>>();
  const renew = (key: string, read: () => Promise<T>): Promise<T> => {
    const before = kept.get(key);
    const begunAt = now();
    const fresh: Kept<T> = { value: read(), staleAt: Number.POSITIVE_INFINITY };
    const keep = () => {
      fresh.readAt = now();
      fresh.staleAt = fresh.readAt + Math.min(MAX_AGE_MS, TIMES_ITS_PRICE * (fresh.readAt - begunAt));
      kept.set(key, fresh);
    };
    const drop = () => {
      if (kept.get(key) === fresh) kept.delete(key);
      else if (before) before.staleAt = now();
    };
    fresh.value.then(keep, drop);
    if (before) before.staleAt = Number.POSITIVE_INFINITY;
    else kept.set(key, fresh);
    return fresh.value;
  };
  return (key, read) => {
    const known = kept.get(key);
    const old = known?.readAt !== undefined && now() - known.readAt > MAX_AGE_MS;
    if (known && !old) {
      if (now() >= known.staleAt) renew(key, read).catch(() => undefined);
      return known.value;
    }
    if (old) kept.delete(key);
    const oldest = kept.size >= MAX_VALUES ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return renew(key, read);
  };
}
