/** Reads stored events by their numbers. Host side. */
import { and, asc, eq, gt } from 'drizzle-orm';
import type { EventType, GoalEvent } from '../core/events.ts';
import type { GoalScope } from './append-events.ts';
import type { Statements } from './database.ts';
import { events } from './schema.ts';

/** Events after a sequence number, oldest first. */
export async function readEvents(
  statements: Statements,
  scope: GoalScope,
  range: { readonly after: number; readonly limit: number },
): Promise<readonly GoalEvent[]> {
  const rows = await statements
    .select({ seq: events.seq, type: events.type, at: events.at, taskId: events.taskId, data: events.data })
    .from(events)
    .where(and(eq(events.tenant, scope.tenant), eq(events.goalId, scope.goalId), gt(events.seq, range.after)))
    .orderBy(asc(events.seq))
    .limit(range.limit);
  return rows.map((row) => ({
    ...row,
    goalId: scope.goalId,
    type: row.type as EventType,
    at: row.at.toISOString(),
  }));
}
