/** Waits until a goal has ended, without reading what happens on the way. Host side. */
import { sql } from 'drizzle-orm';
import { type GoalScope, goalNotFound } from './append-events.ts';
import { endChannel } from './channel.ts';
import type { Database } from './database.ts';
import type { Listener } from './listener.ts';
import { POLL_MS, patiently, pause } from './patience.ts';
import { goals } from './schema.ts';

/** Resolves when the goal has ended or the signal aborts. `goal.not-found` when there is none. */
export async function waitForEnd(
  { database, listener }: { readonly database: Database; readonly listener: Listener },
  scope: GoalScope,
  signal?: AbortSignal,
): Promise<void> {
  let news = new AbortController();
  const stop = await listener.subscribe(endChannel(scope.goalId), () => news.abort());
  try {
    while (!signal?.aborted) {
      news = new AbortController();
      if (await patiently(() => hasEnded(database, scope), signal)) return;
      await pause(POLL_MS, news.signal, signal);
    }
  } finally {
    stop();
  }
}

async function hasEnded(database: Database, { tenant, goalId }: GoalScope): Promise<boolean> {
  const { rows } = await database.run((statements) =>
    statements.execute<{ ended: boolean }>(
      sql`select ended_at is not null as ended from ${goals} where tenant = ${tenant} and goal_id = ${goalId}`,
    ),
  );
  if (rows[0] === undefined) throw goalNotFound(goalId);
  return rows[0].ended;
}
