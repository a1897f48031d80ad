/** Waiting for cancellation inside a fake. Tests only. */
import { Context } from '@temporalio/activity';

/** Holds the activity, heartbeating, until it is cancelled. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  return context.cancelled.finally(() => clearInterval(beat));
}

/** Holds the activity, heartbeating, until `what` is there or it is cancelled. */
export async function beating<T>(what: Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  return Promise.race([what, context.cancelled]).finally(() => clearInterval(beat));
}
