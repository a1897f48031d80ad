/** The journal of model calls: what was sent, what failed, what came back. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import { tenantAccount } from '../core/contracts/budget.ts';
import type { CallModelResult, TurnOutcome } from '../core/contracts/calls.ts';
import { failure } from '../core/failures.ts';
import type { Json } from '../core/json.ts';
import type { Admission, CallGate, CallRequest, Entry, FailedRequest } from './admission.ts';
import { functions, goalNamed, storyOf } from './append-events.ts';
import { ask } from './ask.ts';
import type { CapacityPass } from './capacity-types.ts';
import { cleanText, jsonList, toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { type CallRecord, callKeyOf, callValues, isCall, recordCalls, toRecord } from './record-call.ts';
import { modelCalls, SCHEMA_NAME, transcripts } from './schema.ts';
import type { CallId, JournalState, Store } from './store.ts';
import type { Batch, Lines } from './together.ts';
import { assistantPosition } from './transcript-position.ts';

const ENTER = `call ${SCHEMA_NAME}.enter_calls($1, $2, $3, null)`;
const ADMIT = `select to_jsonb(${SCHEMA_NAME}.admit_calls($1, $2, $3)) as p_answers`;

/** The store's `journal`. */
export function createJournal(database: Database, lines: Lines): Store['journal'] {
  const entering = lines.together({
    send: (calls: Batch<Asking>) => database.run((statements) => enter(statements, calls)),
    about: ({ id }) => id.goalId,
  });
  const recording = lines.together({
    send: (calls: Batch<CallRecord>) => database.run((statements) => recordCalls(statements, calls)),
    about: ({ call }) => call.id.goalId,
  });
  return {
    lookUp: (id) => database.run((statements) => lookUp(statements, id)),
    async enter(id, request, gate) {
      const asking = toAsking(id, request, gate);
      return entering(`${id.tenant} ${asking.budget}`, asking);
    },
    admit: (id, request) => database.run((statements) => admit(statements, toAsking(id, request))),
    fail: (id, failed) => database.run((statements) => fail(statements, id, failed)),
    abandon: (id, end) => database.run((statements) => abandon(statements, id, end)),
    record: async (call) => recording(call.id.tenant, toRecord(call)),
    toolCall: (id, index) => database.run((statements) => toolCall(statements, id, index)),
    async outcome(id) {
      const state = await database.run((statements) => lookUp(statements, id));
      return state.state === 'recorded' ? state.result.outcome : undefined;
    },
  };
}

async function lookUp(statements: Statements, id: CallId): Promise<JournalState> {
  const { rows } = await statements.execute<{
    requests_sent: number;
    failures: number;
    result: Omit<CallModelResult, 'recorded'> | null;
  }>(sql`select requests_sent, failures, result from ${modelCalls} where ${isCall(id)}`);
  const [row] = rows;
  if (row === undefined) return { state: 'open', requestsSent: 0, failures: 0 };
  if (row.result === null) return { state: 'open', requestsSent: row.requests_sent, failures: row.failures };
  return recordedAs(row.result);
}

function recordedAs(result: Omit<CallModelResult, 'recorded'>): { state: 'recorded'; result: CallModelResult } {
  return { state: 'recorded', result: { ...result, recorded: true } };
}

/** What `admit_calls` of the database answers. */
type AdmissionRow =
  | { readonly state: 'admitted'; readonly requestsSent: number }
  | { readonly state: 'recorded'; readonly result: Omit<CallModelResult, 'recorded'> }
  | { readonly state: 'closed' }
  | ({ readonly state: 'refused'; readonly account: string; readonly others: number } & Record<
      'cap' | 'settled' | 'reserved',
      number
    >);

/** What `enter_calls` of the database answers. */
type EntryRow =
  | { readonly state: 'recorded'; readonly result: Omit<CallModelResult, 'recorded'> }
  | { readonly state: 'exhausted'; readonly failures: number }
  | { readonly state: 'no-room'; readonly waitS: number; readonly announce: boolean }
  | ({ readonly state: 'passed'; readonly admission: AdmissionRow } & CapacityPass);

/** A request as the functions of the database take it. */
interface Asking {
  readonly id: CallId;
  readonly text: string;
  /** The tenant's account of the month, the same for all requests that go together. */
  readonly budget: string;
}

function toAsking(id: CallId, { events, attempt, worstMicroUsd, tenantBudget }: CallRequest, gate?: CallGate): Asking {
  const story = storyOf(id, { events });
  return {
    id,
    text: toJsonText({ ...callKeyOf(id), attempt, worstMicroUsd, story, ...(gate ? { gate: gateOf(gate) } : {}) }),
    budget: toJsonText({ month: tenantAccount(new Date()), ...tenantBudget }),
  };
}

function gateOf({ maxFailures, call, rules }: CallGate): object {
  const { model, priority, weight, inputTokens, outputTokens } = call;
  const probeS = rules.probeIntervalMs / 1_000;
  return { maxFailures, model, priority, weight, inputTokens, outputTokens, probeS, ...rules.limits };
}

async function enter(statements: Statements, calls: Batch<Asking>): Promise<readonly Entry[]> {
  return (await answers<EntryRow>(statements, ENTER, calls)).map(toEntry);
}

function toEntry(row: EntryRow): Entry {
  if (row.state === 'recorded') return recordedAs(row.result);
  if (row.state === 'exhausted') return row;
  if (row.state === 'no-room') {
    return { state: 'no-room', place: { retryInMs: Math.ceil(row.waitS * 1_000), announce: row.announce } };
  }
  const { probe, watched, calm, admission } = row;
  return { state: 'passed', pass: { probe, watched, calm }, admission: toAdmission(admission) };
}

async function admit(statements: Statements, call: Asking): Promise<Admission> {
  const [row] = await answers<AdmissionRow>(statements, ADMIT, [call]);
  if (row === undefined) throw failure('internal.bug', 'The database did not answer.');
  return toAdmission(row);
}

/** What a function says to requests of one tenant, in their order. */
async function answers<T>(statements: Statements, text: string, calls: Batch<Asking>): Promise<readonly T[]> {
  const { id, budget } = calls[0];
  const { tenant, goalId } = id;
  const values = [tenant, jsonList(calls), budget];
  const [row] = await goalNamed(goalId, () => ask<{ p_answers: readonly T[] }>(statements, text, values));
  return row?.p_answers ?? [];
}

function toAdmission(row: AdmissionRow): Admission {
  if (row.state === 'recorded') return recordedAs(row.result);
  if (row.state !== 'refused') return row;
  const { state, account, others, cap, settled, reserved } = row;
  return {
    ...{ state, account, othersMicroUsd: others },
    ...{ capMicroUsd: cap, settledMicroUsd: settled, reservedMicroUsd: reserved },
  };
}

async function fail(statements: Statements, id: CallId, failed: FailedRequest): Promise<{ failures: number }> {
  const one = failed.counts ? 1 : 0;
  const { rows } = await statements.execute<{ failures: number }>(sql`
    with failed as (
      insert into ${modelCalls} as m
        (tenant, goal_id, task_id, revision, turn, failures, last_failure_type, last_failure_message)
      values (${callValues(id)}, ${one}::int, ${failed.type}, ${cleanText(failed.message)})
      on conflict (tenant, goal_id, task_id, revision, turn) do update set failures = m.failures + excluded.failures,
        last_failure_type = excluded.last_failure_type, last_failure_message = excluded.last_failure_message
      returning m.failures
    )
    select failures, ${endAttempt(id, failed.attempt, failed.billed)} from failed`);
  return { failures: rows[0]?.failures ?? 0 };
}

async function abandon(
  statements: Statements,
  id: CallId,
  end: { readonly attempt: string; readonly billed: boolean },
): Promise<void> {
  await statements.execute(sql`select ${endAttempt(id, end.attempt, end.billed)}`);
}

function endAttempt(id: CallId, attempt: string, billed: boolean): SQL {
  return sql`${functions}.end_attempt(${callValues(id)}, ${attempt}, ${billed ? 'unknown' : 'none'}, 0)`;
}

async function toolCall(statements: Statements, id: CallId, index: number) {
  const state = await lookUp(statements, id);
  const outcome: TurnOutcome | undefined = state.state === 'recorded' ? state.result.outcome : undefined;
  const call = outcome?.kind === 'tools' ? outcome.calls.find((one) => one.index === index) : undefined;
  const input = call === undefined ? undefined : await toolInput(statements, id, call.id);
  if (call !== undefined && input !== undefined) return { call, input };
  throw failure('store.not-found', `Tool call ${index} of ${id.taskId}, turn ${id.turn}, is not in the journal.`);
}

/** The arguments as they stand in the assistant's messages of the turn: content blocks, or an object with `blocks`. */
async function toolInput(statements: Statements, id: CallId, callId: string): Promise<Json | undefined> {
  const { rows } = await statements.execute<{ content: Json }>(sql`
    select content from ${transcripts}
    where tenant = ${id.tenant} and goal_id = ${id.goalId} and task_id = ${id.taskId} and revision = ${id.revision}::int
      and position >= ${assistantPosition(id.turn)}::int and position < ${assistantPosition(id.turn + 1)}::int
      and role = 'assistant'`);
  const blocks = rows.flatMap((row) => blocksOf(row.content));
  const block = blocks.find((one): one is { readonly [key: string]: Json } => isToolUse(one, callId));
  return block?.input;
}

function blocksOf(content: Json): readonly Json[] {
  if (Array.isArray(content)) return content;
  if (content === null || typeof content !== 'object') return [];
  const { blocks } = content as { readonly blocks?: Json };
  return Array.isArray(blocks) ? blocks : [];
}

function isToolUse(block: Json, callId: string): boolean {
  if (block === null || typeof block !== 'object' || Array.isArray(block)) return false;
  const { type, id } = block as { readonly [key: string]: Json };
  return type === 'tool_use' && id === callId;
}
