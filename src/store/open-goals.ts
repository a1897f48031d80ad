/** Goals that have not ended, for those who look after them. Host side. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { isNoConversation } from './conversations.ts';
import type { Statements } from './database.ts';
import { events, goals } from './schema.ts';
import type { OpenGoal } from './store.ts';

/** Open goals of a tenant, oldest first, at most `limit`. */
export async function openGoals(statements: Statements, tenant: string, limit: number): Promise<readonly OpenGoal[]> {
  const since = sql<Date | null>`(
    select max(e.at) from ${events} e
    where e.tenant = ${goals}.tenant and e.goal_id = ${goals}.goal_id and e.type = 'awaiting')`;
  const rows = await statements
    .select({
      goalId: goals.goalId,
      status: goals.status,
      awaiting: goals.awaiting,
      createdAt: goals.createdAt,
      awaitingSince: since,
    })
    .from(goals)
    .where(and(eq(goals.tenant, tenant), isNull(goals.endedAt), isNoConversation))
    .orderBy(asc(goals.createdAt))
    .limit(limit);
  return rows.map(({ createdAt, awaitingSince, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    awaitingSince: awaitingSince === null ? null : new Date(awaitingSince).toISOString(),
  }));
}
