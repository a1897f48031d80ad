/** What a goal came to, in one statement: whoever waits for it waits for this too. Host side. */
import { failure } from '../core/failures.ts';
import type { GoalResult } from '../core/goal.ts';
import { type GoalScope, goalNotFound } from './append-events.ts';
import { ask } from './ask.ts';
import type { Statements } from './database.ts';
import { SCHEMA_NAME } from './schema.ts';

interface Row extends Pick<GoalResult, 'status' | 'reason' | 'criteria'> {
  readonly ended: boolean;
  readonly census: GoalResult['census'] | null;
  readonly delivered: boolean;
  readonly bytes: Uint8Array | null;
}

const RESULT = `
  select g.ended_at is not null as ended, g.status, g.reason, g.census, g.deliverable is not null as delivered, b.bytes,
    (select coalesce(jsonb_agg(jsonb_build_object('taskId', nullif(c.task_id, ''), 'criterion', c.criterion,
        'verdict', c.verdict, 'quote', c.quote, 'source', c.source, 'reason', c.reason)
        order by c.task_id, c.position), '[]')
      from ${SCHEMA_NAME}.criteria c
      where c.tenant = g.tenant and c.goal_id = g.goal_id and g.ended_at is not null) as criteria
  from ${SCHEMA_NAME}.goals g
  left join ${SCHEMA_NAME}.blobs b on g.ended_at is not null and b.tenant = g.tenant and b.hash = g.deliverable
  where g.tenant = $1 and g.goal_id = $2`;

/** Undefined while the goal goes on; `goal.not-found` when there is none. */
export async function goalResult(
  statements: Statements,
  { tenant, goalId }: GoalScope,
): Promise<GoalResult | undefined> {
  const [row] = await ask<Row>(statements, RESULT, [tenant, goalId]);
  if (row === undefined) throw goalNotFound(goalId);
  return row.ended ? resultOf(goalId, row) : undefined;
}

function resultOf(goalId: string, { status, reason, census, delivered, bytes, criteria: verdicts }: Row): GoalResult {
  if (census === null) throw failure('internal.bug', `Goal ${goalId} has ended without a census.`);
  if (delivered && bytes === null) throw failure('store.not-found', `The deliverable of goal ${goalId} is missing.`);
  const deliverable = bytes === null ? null : new TextDecoder().decode(bytes);
  return { goalId, status, reason, deliverable, census, criteria: verdicts };
}
