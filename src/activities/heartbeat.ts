/** Heartbeats while work is alive. Activity side. */
import { Context } from '@temporalio/activity';

/** A call that is over by then never beats; a process may still stand still for a second before the 2 s timeout. */
const FIRST_BEAT_MS = 1_000;
/** Well under the 2 s heartbeat timeout, and slow enough for the SDK's throttle of 1 s. */
const BEAT_EVERY_MS = 500;

/**
 * Runs `work` with the activity's cancellation signal and a heartbeat every half second. The first one comes later: the
 * server counts from the start, and each beat is a write of it (a quarter of all its writes while many calls wait for their turn).
 * The work bounds its own silence: a stalled stream ends by the client's idle timer, not by a missing beat.
 */
export async function withHeartbeat<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = () => {
    context.heartbeat();
    timer = setTimeout(beat, BEAT_EVERY_MS);
  };
  let timer = setTimeout(beat, FIRST_BEAT_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearTimeout(timer);
  }
}
