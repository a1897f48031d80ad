/** A goal's events: appended, read, watched, and live text. Host side. */
import { sql } from 'drizzle-orm';
import { appendEvents } from './append-events.ts';
import { goalChannel } from './channel.ts';
import { cleanText } from './clean-json.ts';
import type { Database } from './database.ts';
import type { Listener } from './listener.ts';
import { readEvents } from './read-events.ts';
import type { Store } from './store.ts';
import { waitForEnd } from './wait-end.ts';
import { watchGoal } from './watch.ts';

const DEFAULT_LIMIT = 1_000;
/** A notification takes less than 8,000 bytes. */
const MAX_DELTA_BYTES = 7_000;

/** The store's `events`. */
export function createEvents(database: Database, listener: Listener): Store['events'] {
  return {
    append: (tenant, goalId, list) =>
      database.run((statements) => appendEvents(statements, { tenant, goalId }, { events: list })),
    read: (...[tenant, goalId, afterSeq, limit = DEFAULT_LIMIT]) =>
      database.run((statements) => readEvents(statements, { tenant, goalId }, { after: afterSeq, limit })),
    watch: (tenant, goalId, options) => watchGoal({ database, listener }, { tenant, goalId }, options),
    ended: (...[tenant, goalId, signal]) => waitForEnd({ database, listener }, { tenant, goalId }, signal),
    async publishDelta(goalId, taskId, text) {
      const payload = deltaPayload(taskId, text);
      await database.run((statements) => statements.execute(sql`select pg_notify(${goalChannel(goalId)}, ${payload})`));
    },
  };
}

/** The text as far as a notification carries it, cut between characters. */
function deltaPayload(taskId: string, text: string): string {
  let kept = cleanText(text);
  for (;;) {
    const payload = JSON.stringify({ task: taskId, text: kept });
    const over = Buffer.byteLength(payload) - MAX_DELTA_BYTES;
    if (over <= 0) return payload;
    // A character takes at most 6 bytes of JSON, so that this never cuts more than needed by much.
    kept = kept.slice(0, kept.length - Math.ceil(over / 6)).replace(/[\ud800-\udbff]$/, '');
  }
}
