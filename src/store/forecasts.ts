/** Forecasts beside what came of them, read off events, tasks and the ledger. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import type { ForecastRecord } from '../core/contracts/goal.ts';
import { pseudoTask } from '../core/contracts/ids.ts';
import type { ForecastHistory, TaskSample } from '../core/forecast.ts';
import { goalNotFound } from './append-events.ts';
import { ask } from './ask.ts';
import type { Database, Statements } from './database.ts';
import type { Forecasts } from './forecast-types.ts';
import { keepValues } from './kept.ts';
import { events, goals, SCHEMA_NAME, tasks, usageLedger } from './schema.ts';

/** Goals and tasks that a history is made of at most, the latest ones. */
const HISTORY_GOALS = 100;
const HISTORY_TASKS = 2_000;
const CALIBRATION_GOALS = 1_000;

const CLOSING = [pseudoTask.synthesis, pseudoTask.verify];

/** The store's `forecasts`. */
export function createForecasts(database: Database): Forecasts {
  const histories = keepValues<ForecastHistory>();
  return {
    async history(tenant, goalId) {
      const simulated = await database.run((statements) => isSimulated(statements, tenant, goalId));
      return histories(`${simulated} ${tenant}`, () => readHistory(database, recentGoals(tenant, simulated)));
    },
    async course(tenant, goalId, endedAtMs) {
      const { rows } = await database.run((statements) =>
        statements.execute<CourseRow>(courseOf(tenant, goalId, endedAtMs)),
      );
      return rows[0] && recordOf(rows[0]);
    },
    async records(tenant) {
      const { rows } = await database.run((statements) =>
        statements.execute<{ forecast: ForecastRecord }>(sql`
          select census->'forecast' as forecast from ${goals}
          where tenant = ${tenant} and ended_at is not null and census->'forecast'->'actual' is not null
          order by created_at desc limit ${CALIBRATION_GOALS}`),
      );
      return rows.map(({ forecast }) => forecast);
    },
  };
}

const SIMULATED = `select simulated from ${SCHEMA_NAME}.goals where tenant = $1 and goal_id = $2`;

async function isSimulated(statements: Statements, tenant: string, goalId: string): Promise<boolean> {
  const [goal] = await ask<{ simulated: boolean }>(statements, SIMULATED, [tenant, goalId]);
  if (goal === undefined) throw goalNotFound(goalId);
  return goal.simulated;
}

async function readHistory(database: Database, recent: SQL): Promise<ForecastHistory> {
  const read = <T extends Record<string, unknown>>(query: SQL) =>
    database.run(async (statements) => (await statements.execute<T>(query)).rows);
  const [samples, closing] = await Promise.all([
    read<Row>(taskSamples(recent)),
    read<{ cost: number; time: number }>(closingSamples(recent)),
  ]);
  return { tasks: samples.map(({ goal_id, ...sample }) => ({ goalId: goal_id, ...sample })), closing };
}

interface Row extends Record<string, unknown>, Omit<TaskSample, 'goalId'> {
  readonly goal_id: string;
}

/** Where the graph of goal `g` began, and the plan as it was then. */
const planAtStart = sql`
  join lateral (select e.seq, e.at from ${events} e
    where e.tenant = g.tenant and e.goal_id = g.goal_id and e.type = 'task-start' order by e.seq limit 1) b on true
  join lateral (select e.data from ${events} e
    where e.tenant = g.tenant and e.goal_id = g.goal_id and e.type = 'plan-ready' and e.seq < b.seq
    order by e.seq desc limit 1) p on true`;

/** Goals that have ended, the latest first. */
function recentGoals(tenant: string, simulated: boolean): SQL {
  return sql`recent as (
    select g.tenant, g.goal_id, g.ended_at, p.data from (
      select * from ${goals} where tenant = ${tenant} and ended_at is not null and simulated = ${simulated}
      order by created_at desc limit ${HISTORY_GOALS}) g ${planAtStart} order by g.ended_at desc)`;
}

/**
 * What a task cost holds its retries, revisions and checks. Goal by goal until there are enough: a plan is taken apart once,
 * and each of its tasks looked up (`offset 0` keeps it so, as a table that has just grown is taken for a small one).
 */
function taskSamples(recent: SQL): SQL {
  return sql`with ${recent}
    select r.goal_id, p.agent, p.tier, p.effort,
      t.cost_micro_usd::float8 / (p.expected->>'cost')::float8 as cost,
      extract(epoch from t.ended_at - t.started_at)::float8 * 1000 / (p.expected->>'ms')::float8 as time
    from recent r
    cross join lateral jsonb_to_recordset(r.data->'tasks')
      as p(id text, agent text, tier text, effort text, expected jsonb)
    cross join lateral (select t.* from ${tasks} t
      where t.tenant = r.tenant and t.goal_id = r.goal_id and t.task_id = p.id offset 0) t
    where t.status in ('done', 'failed') and t.cost_micro_usd > 0 and t.ended_at > t.started_at
      and (p.expected->>'cost')::float8 > 0 and (p.expected->>'ms')::float8 > 0
    order by r.ended_at desc limit ${HISTORY_TASKS}`;
}

function closingSamples(recent: SQL): SQL {
  return sql`with ${recent}
    select u.cost / (r.data->'closing'->>'cost')::float8 as cost,
      extract(epoch from r.ended_at - t.ended_at)::float8 * 1000 / (r.data->'closing'->>'ms')::float8 as time
    from recent r
    cross join lateral (select sum(l.cost_micro_usd)::float8 as cost from ${usageLedger} l
      where l.tenant = r.tenant and l.goal_id = r.goal_id and l.task_id = any(${sql.param(CLOSING)}::text[])) u
    cross join lateral (select max(ended_at) as ended_at from ${tasks} t
      where t.tenant = r.tenant and t.goal_id = r.goal_id and t.started_at is not null) t
    where u.cost > 0 and r.ended_at > t.ended_at
      and (r.data->'closing'->>'cost')::float8 > 0 and (r.data->'closing'->>'ms')::float8 > 0`;
}

interface CourseRow extends Record<string, unknown> {
  readonly forecast: Omit<ForecastRecord, 'actual'>;
  readonly planned: number;
  readonly total: number;
  readonly ms: number;
  readonly waited: number;
}

/** Cost before the first task is that of planning. Waits for capacity count, those for people do not. */
function courseOf(tenant: string, goalId: string, endedAtMs: number): SQL {
  const own = sql`e.tenant = g.tenant and e.goal_id = g.goal_id`;
  const end = sql`to_timestamp(${endedAtMs / 1_000}::float8)`;
  return sql`
    select p.data->'forecast' as forecast,
      (select coalesce(sum((e.data->>'costMicroUsd')::float8), 0) from ${events} e
        where ${own} and e.seq < b.seq and e.type = 'turn-end') as planned,
      (select coalesce(sum(l.cost_micro_usd), 0)::float8 from ${usageLedger} l
        where l.tenant = g.tenant and l.goal_id = g.goal_id) as total,
      extract(epoch from ${end} - b.at)::float8 * 1000 as ms,
      (select coalesce(sum(extract(epoch from coalesce(w.next_at, ${end}) - w.at)), 0)::float8 * 1000 from (
        select e.type, e.at, lead(e.at) over (order by e.seq) as next_at from ${events} e
        where ${own} and e.seq > b.seq and e.type in ('awaiting', 'awaiting-end')
          and e.data->>'awaiting' is distinct from 'capacity') w
        where w.type = 'awaiting') as waited
    from ${goals} g ${planAtStart}
    where g.tenant = ${tenant} and g.goal_id = ${goalId}`;
}

function recordOf({ forecast, planned, total, ms, waited }: CourseRow): ForecastRecord {
  const actual = { costMicroUsd: Math.round(total - planned), durationMs: Math.max(0, Math.round(ms - waited)) };
  return { ...forecast, actual };
}
