/** A goal's events as they happen: stored ones by their numbers, live text in between. Host side. */
import { sql } from 'drizzle-orm';
import type { GoalEvent } from '../core/events.ts';
import { type GoalScope, goalNotFound } from './append-events.ts';
import { goalChannel } from './channel.ts';
import type { Database } from './database.ts';
import type { Listener } from './listener.ts';
import { POLL_MS, patiently, pause } from './patience.ts';
import { readEvents } from './read-events.ts';
import { events, goals } from './schema.ts';

const BATCH = 500;
/** Live texts kept for a slow reader; older ones are dropped. */
const MAX_LIVE = 1_000;

export interface WatchOptions {
  readonly afterSeq?: number;
  readonly signal?: AbortSignal;
}

/** Stored events after `afterSeq`, then live ones, until `goal-end` or the signal. `goal.not-found` when there is none. */
export async function* watchGoal(
  source: { readonly database: Database; readonly listener: Listener },
  scope: GoalScope,
  options: WatchOptions = {},
): AsyncGenerator<GoalEvent, void, undefined> {
  const { signal } = options;
  let seq = options.afterSeq ?? 0;
  if (await endedBefore(source.database, scope, seq)) return;
  const inbox = createInbox(scope.goalId, signal);
  const stop = await source.listener.subscribe(goalChannel(scope.goalId), inbox.heard);
  try {
    while (!signal?.aborted) {
      inbox.reset();
      yield* inbox.take();
      const batch = await patiently(() => readAfter(source.database, scope, seq), signal);
      for (const event of batch ?? []) {
        if (signal?.aborted) return;
        yield event;
        seq = event.seq;
        if (event.type === 'goal-end') return;
      }
      if (batch === undefined || batch.length < BATCH) await inbox.wait();
    }
  } finally {
    stop();
  }
}

/** Whether the end stands at or before `seq`, so that nothing will ever come. */
async function endedBefore(database: Database, scope: GoalScope, seq: number): Promise<boolean> {
  const { tenant, goalId } = scope;
  const { rows } = await database.run((statements) =>
    statements.execute<{ ended: boolean }>(sql`
      select exists(select 1 from ${events} e where e.tenant = ${tenant} and e.goal_id = ${goalId}
        and e.type = 'goal-end' and e.seq <= ${seq}) as ended
      from ${goals} where tenant = ${tenant} and goal_id = ${goalId}`),
  );
  if (rows[0] === undefined) throw goalNotFound(goalId);
  return rows[0].ended;
}

function readAfter(database: Database, scope: GoalScope, after: number): Promise<readonly GoalEvent[]> {
  return database.run((statements) => readEvents(statements, scope, { after, limit: BATCH }));
}

interface Inbox {
  readonly heard: (payload: string | undefined) => void;
  /** Forgets what was heard so far, since all of it will be read now. */
  reset(): void;
  /** Live texts heard so far. */
  take(): GoalEvent[];
  /** Until something is heard, the poll is due or the signal aborts. */
  wait(): Promise<void>;
}

function createInbox(goalId: string, signal: AbortSignal | undefined): Inbox {
  let live: GoalEvent[] = [];
  let news = new AbortController();
  return {
    heard(payload) {
      const delta = payload === undefined ? undefined : toDelta(goalId, payload);
      if (delta !== undefined && live.push(delta) > MAX_LIVE) live.shift();
      news.abort();
    },
    reset() {
      news = new AbortController();
    },
    take() {
      const taken = live;
      live = [];
      return taken;
    },
    wait: () => pause(POLL_MS, news.signal, signal),
  };
}

/** A live text from its notification; undefined for one that only says that events were stored. */
function toDelta(goalId: string, payload: string): GoalEvent | undefined {
  const { task, text } = JSON.parse(payload) as { task?: string; text?: string };
  if (task === undefined || text === undefined) return undefined;
  return { seq: 0, goalId, type: 'text-delta', at: new Date().toISOString(), taskId: task, data: { text } };
}
