/** Calls that were sent, or are about to be, as part of a batch: found again after a crash. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import { functions, type GoalScope } from './append-events.ts';
import type { BatchCall, BatchCalls, IntendedCall } from './batch-calls.ts';
import type { Database, Statements } from './database.ts';
import { callValues, isCall } from './record-call.ts';
import { batchCalls, budgetReservations, goals } from './schema.ts';
import type { CallId } from './store.ts';

/** The store's `batches`. */
export function createBatchCalls(database: Database): BatchCalls {
  return {
    calls: (scope, taskIds) => database.run((statements) => find(statements, callsOf(scope, taskIds))),
    intend: (calls) => database.run((statements) => intend(statements, calls)),
    sent: (submission, batchId) => database.run((statements) => sent(statements, submission, batchId)),
    async drop(submission) {
      await database.run((statements) =>
        statements.execute(sql`delete from ${batchCalls} where submission = ${submission} and batch_id is null`),
      );
    },
    async end(id, outcome) {
      await database.run((statements) =>
        statements.execute(sql`update ${batchCalls} set outcome = ${outcome}, ended_at = now() where ${isCall(id)}`),
      );
    },
    async known(batchIds) {
      const { rows } = await database.run((statements) =>
        statements.execute<{ batch_id: string }>(
          sql`select distinct batch_id from ${batchCalls} where batch_id = any(${sql.param(batchIds)}::text[])`,
        ),
      );
      return rows.map((row) => row.batch_id);
    },
    touch: (scope, batchId) => database.run((statements) => touch(statements, scope, batchId)),
    settle: (call, costMicroUsd) => database.run((statements) => settle(statements, call, costMicroUsd)),
    orphans: () => database.run((statements) => find(statements, ORPHANED)),
  };
}

function callsOf({ tenant, goalId }: GoalScope, taskIds: readonly string[]): SQL {
  return sql`tenant = ${tenant} and goal_id = ${goalId} and task_id = any(${sql.param(taskIds)}::text[])`;
}

const ORPHANED = sql`outcome is null and batch_id is not null and exists (select from ${goals} g
  where g.tenant = b.tenant and g.goal_id = b.goal_id and g.ended_at is not null)`;

async function find(statements: Statements, which: SQL): Promise<readonly BatchCall[]> {
  const { rows } = await statements.execute<BatchCall & Record<string, unknown>>(sql`
    select tenant, goal_id as "goalId", task_id as "taskId", revision, turn, submission, size, attempt,
      micro_usd::float8 as "microUsd", batch_id as "batchId", outcome,
      extract(epoch from intended_at)::float8 * 1000 as "intendedAtMs"
    from ${batchCalls} b where ${which}`);
  return rows;
}

/** The latest submission of a call holds: one that is overtaken finds nothing left to mark as sent. */
async function intend(statements: Statements, calls: readonly IntendedCall[]): Promise<void> {
  const rows = calls.map(
    (call) =>
      sql`(${callValues(call)}, ${call.submission}, ${call.size}::int, ${call.attempt}, ${call.microUsd}::bigint)`,
  );
  await statements.execute(sql`
    insert into ${batchCalls} (tenant, goal_id, task_id, revision, turn, submission, size, attempt, micro_usd)
    values ${sql.join(rows, sql`, `)}
    on conflict (tenant, goal_id, task_id, revision, turn) do update set submission = excluded.submission,
      size = excluded.size, attempt = excluded.attempt, micro_usd = excluded.micro_usd, batch_id = null, outcome = null,
      intended_at = now()`);
}

async function sent(statements: Statements, submission: string, batchId: string): Promise<number> {
  const { rowCount } = await statements.execute(
    sql`update ${batchCalls} set batch_id = ${batchId} where submission = ${submission} and batch_id is null`,
  );
  return rowCount ?? 0;
}

/** Somebody still waits for these calls, however old they are. */
async function touch(statements: Statements, { tenant, goalId }: GoalScope, batchId: string): Promise<void> {
  await statements.execute(sql`
    update ${budgetReservations} r set at = now() from ${batchCalls} b
    where r.tenant = ${tenant} and r.goal_id = ${goalId} and b.tenant = r.tenant and b.goal_id = r.goal_id
      and b.task_id = r.task_id and b.attempt = r.attempt and b.batch_id = ${batchId}`);
}

async function settle(
  statements: Statements,
  call: CallId & { readonly attempt: string },
  costMicroUsd: number,
): Promise<void> {
  const spend = costMicroUsd === 0 ? 'none' : 'duplicate';
  await statements.execute(
    sql`select ${functions}.end_attempt(${callValues(call)}, ${call.attempt}, ${spend}, ${costMicroUsd}::bigint)`,
  );
}
