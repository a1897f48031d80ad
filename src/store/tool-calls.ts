/** The journal of tool calls: intent before, outcome after. Host side. */
import { sql } from 'drizzle-orm';
import { functions, goalNamed, storyOf } from './append-events.ts';
import { toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { callValues, isCall } from './record-call.ts';
import { tasks, toolCalls, transcripts } from './schema.ts';
import type { Store, ToolCallId, ToolState } from './store.ts';
import { toolResultPosition } from './transcript-position.ts';

type ToolEnd = Parameters<Store['tools']['finish']>[1];

/** The store's `tools`. The transcript entry of an outcome stands at `toolResultPosition(turn, index)`. */
export function createToolCalls(database: Database): Store['tools'] {
  return {
    anyCalled: (...[tenant, goalId, of]) =>
      database.run(async (statements) => {
        const { rows } = await statements.execute(sql`
          select 1 from (
            select ${goalId} as goal_id, unnest(${sql.param(of.tasks)}::text[]) as task_id
            union all
            select t.reused_from, t.task_id from ${tasks} t where t.tenant = ${tenant} and t.goal_id = ${goalId}
              and t.task_id = any(${sql.param(of.tasks)}::text[]) and t.reused_from is not null
          ) w join ${toolCalls} c on c.goal_id = w.goal_id and c.task_id = w.task_id
          where c.tenant = ${tenant} and c.name = any(${sql.param(of.tools)}::text[]) limit 1`);
        return rows.length > 0;
      }),
    begin: (id, tool) => database.run((statements) => begin(statements, id, tool)),
    finish: (id, end) => database.run((statements) => finish(statements, id, end)),
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

/** One statement, so that the goal's row, for which all of a goal queue, is locked for no longer than the commit. */
async function finish(statements: Statements, id: ToolCallId, end: ToolEnd): Promise<void> {
  const story = toJsonText(storyOf(id, { events: end.events, additions: { toolCalls: 1 } }));
  await goalNamed(id.goalId, () =>
    statements.execute(sql`
      with ended as (
        update ${toolCalls} set is_error = ${end.isError}, bytes = ${end.bytes}, ended_at = now()
        where ${isCall(id)} and index = ${id.index} and ended_at is null returning 1
      ), said as (
        insert into ${transcripts} (tenant, goal_id, task_id, revision, position, role, content)
        select ${id.tenant}, ${id.goalId}, ${id.taskId}, ${id.revision}::int,
          ${toolResultPosition(id.turn, id.index)}::int, 'tool', ${toJsonText(end.content)}::jsonb
        from ended on conflict do nothing returning 1
      )
      select ${functions}.append_events(${id.tenant}, ${id.goalId}, ${story}::jsonb)
      from ended where (select count(*) from said) is not null`),
  );
}
