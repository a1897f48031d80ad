/** Heartbeats while work is alive. Activity side. */
import { Context } from '@temporalio/activity';

/** Well under the 2 s heartbeat timeout, and slow enough for the SDK's throttle of 1 s. */
const BEAT_EVERY_MS = 500;

/**
 * Runs `work` with the activity's cancellation signal and a heartbeat every half second, the first one after that: the
 * server counts from the start, and a short call is spared a request to it. The work bounds its own silence: a stalled
 * stream ends by the client's idle timer, not by a missing beat.
 */
export async function withHeartbeat<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
