/** Heartbeats while work is alive. Activity side. */
import { Context } from '@temporalio/activity';

/** Well under the 2 s heartbeat timeout, and slow enough for the SDK's throttle of 1 s. */
const BEAT_EVERY_MS = 500;

/**
 * Runs `work` with the activity's cancellation signal and a heartbeat at least every half second. The work bounds its
 * own silence: a stalled stream ends by the client's idle timer, not by a missing beat.
 */
export async function withHeartbeat<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
