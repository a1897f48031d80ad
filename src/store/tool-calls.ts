/** The journal of tool calls: intent before, outcome after. Host side. */
import { sql } from 'drizzle-orm';
import { appendEvents } from './append-events.ts';
import { toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { callValues, isCall } from './record-call.ts';
import { toolCalls, transcripts } from './schema.ts';
import type { Store, ToolCallId, ToolState } from './store.ts';
import { toolResultPosition } from './transcript-position.ts';

type ToolEnd = Parameters<Store['tools']['finish']>[1];

/** The store's `tools`. The transcript entry of an outcome stands at `toolResultPosition(turn, index)`. */
export function createToolCalls(database: Database): Store['tools'] {
  return {
    begin: (id, tool) => database.run((statements) => begin(statements, id, tool)),
    finish: (id, end) => database.transaction((statements) => finish(statements, id, end)),
  };
}

async function begin(
  statements: Statements,
  id: ToolCallId,
  tool: { name: string; effect: string; argsHash: string },
): Promise<ToolState> {
  const written = await statements.execute(sql`
    insert into ${toolCalls} (tenant, goal_id, task_id, revision, turn, index, name, effect, args_hash)
    values (${callValues(id)}, ${id.index}, ${tool.name}, ${tool.effect}, ${tool.argsHash})
    on conflict do nothing returning 1`);
  if (written.rows.length > 0) return { state: 'new' };
  const { rows } = await statements.execute<{ is_error: boolean | null; bytes: number | null }>(
    sql`select is_error, bytes from ${toolCalls} where ${isCall(id)} and index = ${id.index}`,
  );
  const [row] = rows;
  if (row === undefined || row.is_error === null) return { state: 'intent' };
  return { state: 'done', isError: row.is_error, bytes: row.bytes ?? 0 };
}

async function finish(statements: Statements, id: ToolCallId, end: ToolEnd): Promise<void> {
  const ended = await statements.execute(sql`
    update ${toolCalls} set is_error = ${end.isError}, bytes = ${end.bytes}, ended_at = now()
    where ${isCall(id)} and index = ${id.index} and ended_at is null returning 1`);
  if (ended.rows.length === 0) return;
  await statements.execute(sql`
    insert into ${transcripts} (tenant, goal_id, task_id, revision, position, role, content)
    values (${id.tenant}, ${id.goalId}, ${id.taskId}, ${id.revision}, ${toolResultPosition(id.turn, id.index)}, 'tool',
      ${toJsonText(end.content)}::jsonb)
    on conflict do nothing`);
  await appendEvents(statements, id, { events: end.events, additions: { toolCalls: 1 } });
}
