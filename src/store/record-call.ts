/** The one transaction of a finished model call: all of it, or nothing. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import type { CallModelResult } from '../core/contracts/calls.ts';
import { failure } from '../core/failures.ts';
import { type Additions, appendEvents } from './append-events.ts';
import { blobRef, planBytes } from './blob-ref.ts';
import { blobStatement } from './blobs.ts';
import { settleBudget } from './budget.ts';
import { cleanJson, cleanText, toJsonText } from './clean-json.ts';
import type { Statements } from './database.ts';
import { acceptPlan } from './plans.ts';
import { criteria, modelCalls, taskResults, transcripts, usageLedger } from './schema.ts';
import type { CallId, FinishedCall } from './store.ts';

/**
 * Records the call, its blobs, transcript, ledger row, result, plan, verdicts, counters and events. A call that is
 * already recorded is returned as it was, `recorded: true`, and nothing is written.
 */
export async function recordCall(statements: Statements, call: FinishedCall): Promise<CallModelResult> {
  const earlier = await claim(statements, call);
  if (call.reserved) await settleBudget(statements, call.id, earlier === undefined ? call.result.costMicroUsd : 0);
  if (earlier !== undefined) return { ...earlier, recorded: true };
  await statements.execute(belongings(call));
  if (call.plan !== undefined) {
    await acceptPlan(statements, call.id, { ...call.plan, source: 'manager' });
  }
  await appendEvents(statements, call.id, { events: call.events, additions: additions(call) });
  return { ...cleanJson(call.result), recorded: false };
}

/** The key of a call as a condition on a table of calls. */
export function isCall(id: CallId): SQL {
  return sql`tenant = ${id.tenant} and goal_id = ${id.goalId} and task_id = ${id.taskId}
    and revision = ${id.revision}::int and turn = ${id.turn}::int`;
}

/** The key of a call as values, in the order tenant, goal_id, task_id, revision, turn. */
export function callValues(id: CallId): SQL {
  return sql`${id.tenant}, ${id.goalId}, ${id.taskId}, ${id.revision}::int, ${id.turn}::int`;
}

/** Writes the journal row, or returns the result it has. A writer of the same call waits here. */
async function claim(statements: Statements, call: FinishedCall): Promise<FinishedCall['result'] | undefined> {
  const { id, purpose, agent, result, requestId, stopReason } = call;
  const written = await statements.execute(sql`
    insert into ${modelCalls} as m
      (tenant, goal_id, task_id, revision, turn, purpose, agent, result, request_id, stop_reason, recorded_at)
    values (${callValues(id)}, ${purpose}, ${agent}, ${toJsonText(result)}::jsonb, ${requestId}, ${stopReason}, now())
    on conflict (tenant, goal_id, task_id, revision, turn) do update set
      purpose = excluded.purpose, agent = excluded.agent, result = excluded.result,
      request_id = excluded.request_id, stop_reason = excluded.stop_reason, recorded_at = excluded.recorded_at
    where m.recorded_at is null returning 1`);
  if (written.rows.length > 0) return undefined;
  const { rows } = await statements.execute<{ result: FinishedCall['result'] }>(
    sql`select result from ${modelCalls} where ${isCall(id)}`,
  );
  if (rows[0] === undefined) throw failure('internal.bug', `Call ${id.goalId}/${id.taskId} vanished from the journal.`);
  return rows[0].result;
}

/** One statement for everything that is only inserted. */
function belongings(call: FinishedCall): SQL {
  const parts = [sql`ledger as (${ledgerStatement(call)})`];
  const blobs = blobsOf(call);
  if (blobs.length > 0) parts.push(sql`blobs as (${blobStatement(call.id.tenant, blobs)})`);
  if (call.transcript.length > 0) parts.push(sql`said as (${transcriptStatement(call)})`);
  if (call.taskResult !== undefined) parts.push(sql`result as (${resultStatement(call, call.taskResult)})`);
  if (call.criteria !== undefined) parts.push(...criteriaParts(call, call.criteria));
  return sql`with ${sql.join(parts, sql`, `)} select 1`;
}

/** The call's blobs, and the plan's body when the caller did not give it. */
function blobsOf(call: FinishedCall): readonly Uint8Array[] {
  const { plan } = call;
  if (plan === undefined || call.blobs.some((bytes) => blobRef(bytes).hash === plan.ref.hash)) return call.blobs;
  const bytes = planBytes(plan.plan);
  if (blobRef(bytes).hash === plan.ref.hash) return [...call.blobs, bytes];
  throw failure('internal.bug', `The reference ${plan.ref.hash} is not the plan's.`);
}

function ledgerStatement({ id, result }: FinishedCall): SQL {
  const { usage } = result;
  return sql`insert into ${usageLedger} (tenant, goal_id, task_id, revision, turn, model, input_tokens, output_tokens,
      cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, cost_micro_usd)
    values (${callValues(id)}, ${result.model}, ${usage.inputTokens}, ${usage.outputTokens}, ${usage.cacheReadTokens},
      ${usage.cacheWrite5mTokens}, ${usage.cacheWrite1hTokens}, ${usage.webSearches}, ${result.costMicroUsd})`;
}

function transcriptStatement({ id, transcript }: FinishedCall): SQL {
  return sql`insert into ${transcripts} (tenant, goal_id, task_id, revision, position, role, content)
    select ${id.tenant}, ${id.goalId}, ${id.taskId}, revision, position, role, content
    from jsonb_to_recordset(${toJsonText(transcript)}::jsonb)
      as e(revision int, position int, role text, content jsonb)
    on conflict do nothing`;
}

function resultStatement({ id }: FinishedCall, result: NonNullable<FinishedCall['taskResult']>): SQL {
  return sql`insert into ${taskResults} (tenant, goal_id, task_id, revision, output_hash, output_bytes, summary, evidence)
    values (${id.tenant}, ${id.goalId}, ${id.taskId}, ${id.revision}, ${result.output.hash}, ${result.output.bytes},
      ${cleanText(result.summary)}, ${toJsonText(result.evidence)}::jsonb)
    on conflict (tenant, goal_id, task_id, revision) do update set output_hash = excluded.output_hash,
      output_bytes = excluded.output_bytes, summary = excluded.summary, evidence = excluded.evidence`;
}

/** Replaces a task's verdicts: upserts by position, deletes what is beyond. Rows that are written are never deleted. */
function criteriaParts({ id }: FinishedCall, verdicts: NonNullable<FinishedCall['criteria']>): SQL[] {
  const taskId = verdicts.taskId ?? '';
  const rows = verdicts.rows.map((row, position) => ({ ...row, position }));
  return [
    sql`judged as (
      insert into ${criteria} (tenant, goal_id, task_id, position, criterion, verdict, quote, source, reason)
      select ${id.tenant}, ${id.goalId}, ${taskId}, position, criterion, verdict, quote, source, reason
      from jsonb_to_recordset(${toJsonText(rows)}::jsonb)
        as c(position int, criterion text, verdict text, quote text, source text, reason text)
      on conflict (tenant, goal_id, task_id, position) do update set criterion = excluded.criterion,
        verdict = excluded.verdict, quote = excluded.quote, source = excluded.source, reason = excluded.reason)`,
    sql`dropped as (
      delete from ${criteria} where tenant = ${id.tenant} and goal_id = ${id.goalId} and task_id = ${taskId}
        and position >= ${rows.length})`,
  ];
}

/**
 * The call's share in the counters, and what a submission does to its task: without an end in the same transaction it
 * is about to be checked. What checking a task costs counts for the task.
 */
function additions({ id, result, taskResult, events }: FinishedCall): Additions {
  const { costMicroUsd } = result;
  const task = { costMicroUsd, modelCalls: 1 };
  const own = { taskId: id.taskId, revision: id.revision };
  const ends = events.some((event) => event.type === 'task-end' && event.taskId === id.taskId);
  const submitted = taskResult === undefined ? {} : { summary: taskResult.summary };
  const state = taskResult === undefined || ends ? {} : { status: 'checking' as const };
  const checked = /^_check-(.+)$/.exec(id.taskId)?.[1];
  return {
    costMicroUsd,
    modelCalls: 1,
    task: checked === undefined ? { ...task, ...own, ...submitted, ...state } : { ...task, taskId: checked },
  };
}
