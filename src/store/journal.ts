/** The journal of model calls: what was sent, what failed, what came back. Host side. */
import { sql } from 'drizzle-orm';
import type { CallModelResult, TurnOutcome } from '../core/contracts/calls.ts';
import { failure } from '../core/failures.ts';
import type { Json } from '../core/json.ts';
import { eventStatement, notification } from './append-events.ts';
import { cleanText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { callValues, isCall, recordCall } from './record-call.ts';
import { modelCalls, transcripts } from './schema.ts';
import type { CallId, JournalState, NewEvent, Store } from './store.ts';
import { assistantPosition } from './transcript-position.ts';

/** The store's `journal`. */
export function createJournal(database: Database): Store['journal'] {
  return {
    lookUp: (id) => database.run((statements) => lookUp(statements, id)),
    countRequest: (id, events) => database.run((statements) => countRequest(statements, id, events)),
    countFailure: (id, failed) => database.run((statements) => countFailure(statements, id, failed)),
    record: (call) => database.transaction((statements) => recordCall(statements, call)),
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
  return { state: 'recorded', result: { ...row.result, recorded: true } };
}

async function countRequest(statements: Statements, id: CallId, events: readonly NewEvent[]) {
  const first = sql`(select requests_sent from call) = 1`;
  const story =
    events.length === 0
      ? { parts: sql``, notify: sql`` }
      : {
          parts: sql`, ${eventStatement(id, { events, additions: {}, condition: first })}`,
          notify: sql`, (select ${notification(id)} from goal)`,
        };
  const { rows } = await statements.execute<{ requests_sent: number }>(sql`
    with call as (
      insert into ${modelCalls} as m (tenant, goal_id, task_id, revision, turn, requests_sent, first_sent_at)
      values (${callValues(id)}, 1, now())
      on conflict (tenant, goal_id, task_id, revision, turn) do update set requests_sent = m.requests_sent + 1
      returning m.requests_sent
    )${story.parts}
    select requests_sent${story.notify} from call`);
  return { requestsSent: rows[0]?.requests_sent ?? 0 };
}

async function countFailure(
  statements: Statements,
  id: CallId,
  failed: { type: string; message: string; counts: boolean },
): Promise<{ failures: number }> {
  const one = failed.counts ? 1 : 0;
  const { rows } = await statements.execute<{ failures: number }>(sql`
    insert into ${modelCalls} as m
      (tenant, goal_id, task_id, revision, turn, failures, last_failure_type, last_failure_message)
    values (${callValues(id)}, ${one}::int, ${failed.type}, ${cleanText(failed.message)})
    on conflict (tenant, goal_id, task_id, revision, turn) do update set failures = m.failures + excluded.failures,
      last_failure_type = excluded.last_failure_type, last_failure_message = excluded.last_failure_message
    returning m.failures`);
  return { failures: rows[0]?.failures ?? 0 };
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
