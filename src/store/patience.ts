/** Waiting that outlives a database that is away for a while. Host side. */
import { failureType } from '../core/failures.ts';

/** Looked at again after so long even when nothing was heard. */
export const POLL_MS = 2_000;
/** A database that is away for longer ends the wait with `store.unavailable`. */
const PATIENCE_MS = 120_000;

/** What `work` gives, tried again while the database is away; undefined when the signal aborted meanwhile. */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (failureType(error) !== 'store.unavailable' || performance.now() > until) throw error;
      await pause(POLL_MS / 4, signal);
      if (signal?.aborted) return undefined;
    }
  }
}

/** Resolves after so long, or when one of the signals aborts. */
export function pause(ms: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const given = signals.filter((signal) => signal !== undefined);
  if (given.some((signal) => signal.aborted)) return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      for (const signal of given) signal.removeEventListener('abort', finish);
      done();
    }
    for (const signal of given) signal.addEventListener('abort', finish);
  });
}
