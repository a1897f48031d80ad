/** Waits until a goal has ended, without reading what happens on the way. Host side. */
import type { GoalResult } from '../core/goal.ts';
import type { GoalScope } from './append-events.ts';
import { endChannel } from './channel.ts';
import type { Database } from './database.ts';
import { goalResult } from './goal-result.ts';
import type { Listener } from './listener.ts';
import { POLL_MS, patiently, pause } from './patience.ts';

/** What the goal came to, once it has ended; undefined when the signal aborts. `goal.not-found` when there is none. */
export async function waitForEnd(
  { database, listener }: { readonly database: Database; readonly listener: Listener },
  scope: GoalScope,
  signal?: AbortSignal,
): Promise<GoalResult | undefined> {
  let news = new AbortController();
  const stop = await listener.subscribe(endChannel(scope.goalId), () => news.abort());
  try {
    while (!signal?.aborted) {
      news = new AbortController();
      const result = await patiently(() => database.run((statements) => goalResult(statements, scope)), signal);
      if (result) return result;
      await pause(POLL_MS, news.signal, signal);
    }
    return undefined;
  } finally {
    stop();
  }
}
