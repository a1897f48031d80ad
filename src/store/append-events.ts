/**
 * Appends events within a transaction: contiguous numbers, the read model, the notification. Host side.
 *
 * The goal's row is locked first and the tasks' rows after it, always in this order, so that no two writers wait for
 * each other; call it last in a transaction, since writers of one goal queue here.
 */
import { type SQL, sql } from 'drizzle-orm';
import { failure } from '../core/failures.ts';
import { goalChannel } from './channel.ts';
import { toJsonText } from './clean-json.ts';
import type { Statements } from './database.ts';
import { type GoalPatch, project, type TaskPatch } from './projection.ts';
import { events as eventTable, goals, tasks } from './schema.ts';
import type { NewEvent } from './store.ts';

/** The goal whose rows change. */
export interface GoalScope {
  readonly tenant: string;
  readonly goalId: string;
}

/** What changes besides the events; numbers are added. */
export interface Additions {
  readonly costMicroUsd?: number;
  readonly modelCalls?: number;
  readonly toolCalls?: number;
  readonly task?: TaskPatch & { readonly costMicroUsd?: number; readonly modelCalls?: number };
}

/** Appends `events` and applies what they mean; workflow events that are already there (by number) are left out. */
export async function appendEvents(
  statements: Statements,
  scope: GoalScope,
  batch: { readonly events: readonly NewEvent[]; readonly additions?: Additions },
): Promise<void> {
  const events = await withoutKnown(statements, scope, batch.events);
  if (events.length === 0 && batch.additions === undefined) return;
  const parts = eventStatement(scope, { events, additions: batch.additions ?? {} });
  const { rows } = await statements.execute(sql`with ${parts} select first, ${notification(scope)} from goal`);
  if (rows.length === 0) throw goalNotFound(scope.goalId);
}

/** No goal has this id. */
export function goalNotFound(goalId: string) {
  return failure('goal.not-found', `There is no goal ${goalId}.`);
}

/** Drops events whose number is stored, under the goal's lock, so that no sequence number is spent on them. */
async function withoutKnown(
  statements: Statements,
  scope: GoalScope,
  events: readonly NewEvent[],
): Promise<readonly NewEvent[]> {
  const numbers = events.flatMap((event) => (event.number === undefined ? [] : [event.number]));
  if (numbers.length === 0) return events;
  await statements.execute(
    sql`select 1 from ${goals} where tenant = ${scope.tenant} and goal_id = ${scope.goalId} for update`,
  );
  const { rows } = await statements.execute<{ number: number }>(
    sql`select number from ${eventTable} where tenant = ${scope.tenant} and goal_id = ${scope.goalId}
        and number = any(${sql.param(numbers)}::int[])`,
  );
  const known = new Set(rows.map((row) => row.number));
  return events.filter((event) => event.number === undefined || !known.has(event.number));
}

/** The expression that tells watchers of the goal to read on. */
export function notification(scope: GoalScope): SQL {
  return sql`pg_notify(${goalChannel(scope.goalId)}, '{}')`;
}

/**
 * The `with` parts `goal`, `stored` and `moved` of one statement. `condition` (of no table's columns) decides whether
 * any of it happens; `goal` then has one row, else none.
 */
export function eventStatement(
  scope: GoalScope,
  batch: { readonly events: readonly NewEvent[]; readonly additions: Additions; readonly condition?: SQL },
): SQL {
  const { events, additions } = batch;
  const { goal, tasks: patches } = project(events);
  const stored = toJsonText(events.map((event, at) => ({ ...eventRow(event), at_place: at + 1 })));
  return sql`${goalPart(scope, { goal, additions, count: events.length, condition: batch.condition })},
    stored as (
      insert into ${eventTable} (tenant, goal_id, seq, number, type, task_id, data, at)
      select ${scope.tenant}, ${scope.goalId}, goal.first + e.at_place, e.number, e.type, e.task_id, e.data,
             coalesce(e.at, clock_timestamp())
      from goal, jsonb_to_recordset(${stored}::jsonb)
        as e(at_place int, number int, type text, task_id text, data jsonb, at timestamptz)
    ),
    ${taskPart(scope, additions.task === undefined ? patches : merge(patches, additions.task))}`;
}

function eventRow(event: NewEvent): Record<string, unknown> {
  const { number, type, taskId, data, atMs } = event;
  return { number, type, task_id: taskId, data, at: atMs === undefined ? undefined : new Date(atMs).toISOString() };
}

function goalPart(
  scope: GoalScope,
  change: { goal: GoalPatch; additions: Additions; count: number; condition: SQL | undefined },
): SQL {
  const { goal, additions } = change;
  const awaiting = goal.awaiting === undefined ? sql`awaiting` : sql`${goal.awaiting}::text`;
  const reason = goal.reason === undefined ? sql`reason` : sql`${goal.reason}::text`;
  return sql`goal as (
    update ${goals} set
      event_seq = event_seq + ${change.count}::int,
      status = case when ended_at is null and status <> 'cancelling' then coalesce(${goal.status ?? null}::text, status)
        else status end,
      awaiting = ${awaiting},
      reason = case when ended_at is null then ${reason} else reason end,
      started_at = coalesce(started_at, ${goal.startedAt ?? null}::timestamptz),
      cost_micro_usd = cost_micro_usd + ${additions.costMicroUsd ?? 0}::bigint,
      model_calls = model_calls + ${additions.modelCalls ?? 0}::int,
      tool_calls = tool_calls + ${additions.toolCalls ?? 0}::int
    where tenant = ${scope.tenant} and goal_id = ${scope.goalId} ${change.condition ? sql`and ${change.condition}` : sql``}
    returning event_seq - ${change.count}::int as first
  )`;
}

function taskPart(scope: GoalScope, patches: readonly TaskPatch[]): SQL {
  const rows = patches.map(({ taskId, startedAt, endedAt, ...rest }) => ({
    ...rest,
    task_id: taskId,
    started_at: startedAt,
    ended_at: endedAt,
  }));
  return sql`moved as (
    update ${tasks} t set
      status = coalesce(p.status, t.status),
      reason = case when p.status is null then t.reason else p.reason end,
      ended_at = case when p.status is null then t.ended_at else p.ended_at end,
      started_at = coalesce(t.started_at, p.started_at),
      revision = greatest(t.revision, p.revision),
      summary = coalesce(p.summary, t.summary),
      cost_micro_usd = t.cost_micro_usd + coalesce(p."costMicroUsd", 0),
      model_calls = t.model_calls + coalesce(p."modelCalls", 0)
    from goal, jsonb_to_recordset(${toJsonText(rows)}::jsonb)
      as p(task_id text, status text, reason text, started_at timestamptz, ended_at timestamptz, revision int,
           summary text, "costMicroUsd" bigint, "modelCalls" int)
    where t.tenant = ${scope.tenant} and t.goal_id = ${scope.goalId} and t.task_id = p.task_id
  )`;
}

/** One patch per task: two rows for one would leave it open which applies. */
function merge(patches: readonly TaskPatch[], extra: TaskPatch): TaskPatch[] {
  const same = patches.find((patch) => patch.taskId === extra.taskId);
  return [...patches.filter((patch) => patch !== same), { ...same, ...extra }];
}
