/** A goal's events: appended, read, watched, and live text. Host side. */
import { sql } from 'drizzle-orm';
import { appendEvents, type GoalScope } from './append-events.ts';
import { goalChannel } from './channel.ts';
import { cleanText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import type { Listener } from './listener.ts';
import { readEvents } from './read-events.ts';
import type { NewEvent, Store } from './store.ts';
import { watchGoal } from './watch.ts';

const DEFAULT_LIMIT = 1_000;
/** A notification takes less than 8,000 bytes. */
const MAX_DELTA_BYTES = 7_000;

/** The store's `events`. */
export function createEvents(database: Database, listener: Listener): Store['events'] {
  return {
    append: (tenant, goalId, list) => append(database, { tenant, goalId }, list),
    read: (...[tenant, goalId, afterSeq, limit = DEFAULT_LIMIT]) =>
      database.run((statements) => readEvents(statements, { tenant, goalId }, { after: afterSeq, limit })),
    watch: (tenant, goalId, options) => watchGoal({ database, listener }, { tenant, goalId }, options),
    async publishDelta(goalId, taskId, text) {
      const payload = deltaPayload(taskId, text);
      await database.run((statements) => statements.execute(sql`select pg_notify(${goalChannel(goalId)}, ${payload})`));
    },
  };
}

async function append(database: Database, scope: GoalScope, list: readonly NewEvent[]): Promise<void> {
  if (list.length === 0) return;
  const numbered = list.some((event) => event.number !== undefined);
  const work = (statements: Statements) => appendEvents(statements, scope, { events: list });
  await (numbered ? database.transaction(work) : database.run(work));
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
