/** The one statement of finished model calls of a tenant: all of them, or nothing. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import type { CallModelResult } from '../core/contracts/calls.ts';
import { failure } from '../core/failures.ts';
import { type Additions, goalNamed, storyOf } from './append-events.ts';
import { ask } from './ask.ts';
import { blobRef, planBytes } from './blob-ref.ts';
import { blobColumns } from './blobs.ts';
import { cleanJson, jsonList, toJsonText } from './clean-json.ts';
import type { Statements } from './database.ts';
import { liveTextPayload } from './live-text.ts';
import { planRow } from './plans.ts';
import { SCHEMA_NAME } from './schema.ts';
import type { CallId, FinishedCall } from './store.ts';
import type { Batch } from './together.ts';

const RECORD = `select ${SCHEMA_NAME}.record_calls($1, $2, $3, $4) as earlier`;

/** A finished call as the database takes it. */
export interface CallRecord {
  readonly call: FinishedCall;
  readonly text: string;
  readonly blobs: readonly Uint8Array[];
}

/** Throws when the call cannot be recorded, whatever the database says. */
export function toRecord(call: FinishedCall): CallRecord {
  return { call, text: toJsonText(callRow(call)), blobs: blobsOf(call) };
}

/**
 * Records calls of one tenant, their blobs, spending, transcripts, ledger rows, results, plan, verdicts, counters and events. A call
 * that is already recorded is returned as it was, `recorded: true`; what this attempt paid for it is written down beside it.
 */
export async function recordCalls(
  statements: Statements,
  records: Batch<CallRecord>,
): Promise<readonly CallModelResult[]> {
  const { tenant, goalId } = records[0].call.id;
  const { hashes, bytes } = blobColumns(records.flatMap(({ blobs }) => blobs));
  const values = [tenant, jsonList(records), hashes, bytes];
  const [row] = await goalNamed(goalId, () =>
    ask<{ earlier: readonly (FinishedCall['result'] | null)[] | null }>(statements, RECORD, values),
  );
  return records.map(({ call }, at) => {
    const earlier = row?.earlier?.[at];
    return earlier ? { ...earlier, recorded: true } : { ...cleanJson(call.result), recorded: false };
  });
}

/** The key of a call as members of what the database's functions take. */
export function callKeyOf({ goalId, taskId, revision, turn }: CallId): object {
  return { goal: goalId, task: taskId, revision, turn };
}

/** The key of a call as a condition on a table of calls. */
export function isCall(id: CallId): SQL {
  return sql`tenant = ${id.tenant} and goal_id = ${id.goalId} and task_id = ${id.taskId}
    and revision = ${id.revision}::int and turn = ${id.turn}::int`;
}

/** The key of a call as a part of a statement, in the order tenant, goal_id, task_id, revision, turn. */
export function callValues(id: CallId): SQL {
  return sql`${id.tenant}, ${id.goalId}, ${id.taskId}, ${id.revision}::int, ${id.turn}::int`;
}

/** The call as `record_calls` of the database takes it. */
function callRow(call: FinishedCall): object {
  const { purpose, agent, attempt, result, requestId, stopReason, transcript, taskResult, plan, criteria, liveText } =
    call;
  return {
    ...callKeyOf(call.id),
    ...{ purpose, agent, attempt, result, requestId, stopReason, transcript, taskResult },
    ...(criteria === undefined ? {} : { criteria: criteriaRows(criteria) }),
    ...(plan === undefined ? {} : { plan: planRow({ ...plan, source: 'manager' }) }),
    ...(liveText ? { live: liveTextPayload(call.id.taskId, liveText) } : {}),
    story: storyOf(call.id, { events: call.events, additions: additions(call) }),
  };
}

/** Replaces a task's verdicts: upserts by position, deletes what is beyond. Rows that are written are never deleted. */
function criteriaRows({ taskId, rows }: NonNullable<FinishedCall['criteria']>): object {
  return { taskId: taskId ?? '', rows: rows.map((row, position) => ({ ...row, position })) };
}

/** The call's blobs, and the plan's body when the caller did not give it. */
function blobsOf(call: FinishedCall): readonly Uint8Array[] {
  const { plan } = call;
  if (plan === undefined || call.blobs.some((bytes) => blobRef(bytes).hash === plan.ref.hash)) return call.blobs;
  const bytes = planBytes(plan.plan);
  if (blobRef(bytes).hash === plan.ref.hash) return [...call.blobs, bytes];
  throw failure('internal.bug', `The reference ${plan.ref.hash} is not the plan's.`);
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
