/** A goal's events: appended, read, watched, and live text. Host side. */
import { sql } from 'drizzle-orm';
import { appendEvents } from './append-events.ts';
import { goalChannel } from './channel.ts';
import type { Database } from './database.ts';
import type { Listener } from './listener.ts';
import { liveTextPayload } from './live-text.ts';
import { readEvents } from './read-events.ts';
import type { Store } from './store.ts';
import { waitForEnd } from './wait-end.ts';
import { watchGoal } from './watch.ts';

const DEFAULT_LIMIT = 1_000;

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
      const payload = liveTextPayload(taskId, text);
      await database.run((statements) => statements.execute(sql`select pg_notify(${goalChannel(goalId)}, ${payload})`));
    },
  };
}
