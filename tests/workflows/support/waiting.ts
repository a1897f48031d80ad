/** Waiting for cancellation inside a fake, and for the world outside of it. Tests only. */
import { Context } from '@temporalio/activity';

/** Holds the activity, heartbeating, until it is cancelled. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  return context.cancelled.finally(() => clearInterval(beat));
}

/** Polls until `probe` gives a value. */
export async function until<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It did not come to pass within 10 s.');
}
