/** What people see of goals, read from the store. Host side. */
import { and, arrayContains, asc, desc, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { goalAccount } from '../core/contracts/budget.ts';
import { pseudoTask } from '../core/contracts/ids.ts';
import type {
  BudgetAccount,
  CriterionView,
  GoalDetail,
  GoalRequest,
  GoalSummary,
  TaskRun,
  TaskView,
} from '../core/goal.ts';
import { hasInvisibleCharacters } from '../core/invisible.ts';
import { ask } from './ask.ts';
import { readBlob } from './blobs.ts';
import { readAccount } from './budget.ts';
import { isNoConversation } from './conversations.ts';
import type { Statements } from './database.ts';
import { capacityWaiters, criteria, goals, SCHEMA_NAME, scheduleTicks, tasks } from './schema.ts';
import type { GoalFilter } from './store.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

/** The pseudo task under which a task's checks are called. */
const checkId = sql`${pseudoTask.check('')}::text || ${tasks.taskId}`;

/**
 * A column with its table's name. Of one that stands in a selected expression itself, drizzle leaves the name out when
 * there is one table, and a subselect would take it for its own.
 */
const qualified = (column: AnyPgColumn): SQL => sql`${column}`;

/** A call (`w`) that is shown as waiting. A minute after its time it is a dead one. */
const isShown = sql`w.announced and w.due_at > now() - interval '1 minute'`;

const SUMMARY = {
  goalId: goals.goalId,
  tenant: goals.tenant,
  title: goals.title,
  status: goals.status,
  awaiting: sql<string | null>`coalesce(${goals.awaiting}, case when ${goals.endedAt} is null and exists (
    select 1 from ${capacityWaiters} w where w.tenant = ${qualified(goals.tenant)} and w.goal_id = ${qualified(goals.goalId)} and ${isShown})
    then 'capacity' end)`,
  reason: goals.reason,
  tags: goals.tags,
  simulated: goals.simulated,
  createdAt: goals.createdAt,
  startedAt: goals.startedAt,
  endedAt: goals.endedAt,
  costMicroUsd: goals.costMicroUsd,
  modelCalls: goals.modelCalls,
} as const;

type Times = { readonly createdAt: Date; readonly startedAt: Date | null; readonly endedAt: Date | null };

function withIsoTimes<T extends Times>(row: T) {
  return { ...row, createdAt: row.createdAt.toISOString(), ...isoSpan(row) };
}

function isoSpan(row: { readonly startedAt: Date | null; readonly endedAt: Date | null }) {
  return { startedAt: row.startedAt?.toISOString() ?? null, endedAt: row.endedAt?.toISOString() ?? null };
}

/** Goals of a tenant, newest first. An unknown `before` gives none. */
export async function listGoals(statements: Statements, filter: GoalFilter): Promise<readonly GoalSummary[]> {
  const { tenant, status, tag, before } = filter;
  const limit = Math.min(Math.max(1, filter.limit ?? DEFAULT_LIMIT), MAX_LIMIT);
  const place = sql`(select b.created_at, b.goal_id from ${goals} b where b.tenant = ${tenant} and b.goal_id = ${before})`;
  const rows = await statements
    .select(SUMMARY)
    .from(goals)
    .where(
      and(
        eq(goals.tenant, tenant),
        isNoConversation,
        status === undefined ? undefined : inArray(goals.status, [...status]),
        tag === undefined ? undefined : arrayContains(goals.tags, [tag]),
        before === undefined ? undefined : sql`(${goals.createdAt}, ${goals.goalId}) < ${place}`,
      ),
    )
    .orderBy(desc(goals.createdAt), desc(goals.goalId))
    .limit(limit);
  return rows.map(withIsoTimes);
}

/** A goal with its tasks, criteria and deliverable; call it within one snapshot. */
export async function goalDetail(
  statements: Statements,
  tenant: string,
  goalId: string,
): Promise<GoalDetail | undefined> {
  const [goal] = await statements
    .select({ ...SUMMARY, request: goals.request, census: goals.census, deliverable: goals.deliverable })
    .from(goals)
    .where(and(eq(goals.tenant, tenant), eq(goals.goalId, goalId)));
  if (goal === undefined) return undefined;
  const { request, deliverable, ...rest } = goal;
  const account = await readAccount(statements, tenant, goalAccount(goalId));
  const scheduled = await tickOf(statements, tenant, goalId);
  return {
    ...withIsoTimes(rest),
    text: request.text,
    ...(request.forkOf ? { forkOf: originOf(request.forkOf) } : {}),
    invisibleCharacters: hasInvisibleCharacters(request.text),
    tasks: await taskViews(statements, tenant, goalId),
    criteria: await criterionViews(statements, tenant, goalId),
    deliverable:
      deliverable === null ? null : new TextDecoder().decode(await readBlob(statements, tenant, deliverable)),
    ...(account ? budgetOf(account) : {}),
    ...(scheduled ? { scheduled } : {}),
  };
}

function originOf({ goalId, author }: NonNullable<GoalRequest['forkOf']>): NonNullable<GoalDetail['forkOf']> {
  return { goalId, ...(author === undefined ? {} : { author }) };
}

/** The tick that started the goal. */
async function tickOf(statements: Statements, tenant: string, goalId: string): Promise<GoalDetail['scheduled']> {
  const { scheduleId, nominalAt, late } = scheduleTicks;
  const [tick] = await statements
    .select({ scheduleId, nominalAt, late })
    .from(scheduleTicks)
    .where(and(eq(scheduleTicks.tenant, tenant), eq(scheduleTicks.goalId, goalId)));
  return tick && { scheduleId: tick.scheduleId, scheduledAt: tick.nominalAt.toISOString(), late: tick.late };
}

/** The goal's own limit, where it has one. */
function budgetOf({ capMicroUsd, settledMicroUsd, reservedMicroUsd, unknownMicroUsd }: BudgetAccount) {
  return capMicroUsd === null ? {} : { budget: { capMicroUsd, settledMicroUsd, reservedMicroUsd, unknownMicroUsd } };
}

async function taskViews(statements: Statements, tenant: string, goalId: string): Promise<TaskView[]> {
  const { tenant: _tenant, goalId: _goalId, position: _position, ...columns } = getTableColumns(tasks);
  const waits = sql<'capacity' | null>`case when exists (select 1 from ${capacityWaiters} w
    where w.tenant = ${qualified(tasks.tenant)} and w.goal_id = ${qualified(tasks.goalId)}
      and w.task_id in (${qualified(tasks.taskId)}, ${checkId})
      and ${isShown}) then 'capacity' end`;
  const rows = await statements
    .select({ ...columns, awaiting: waits })
    .from(tasks)
    .where(and(eq(tasks.tenant, tenant), eq(tasks.goalId, goalId)))
    .orderBy(asc(tasks.position), asc(tasks.taskId));
  return rows.map((row) => ({ ...row, ...isoSpan(row) }));
}

const RUNS = `
  select task_id as "taskId", depends_on as "dependsOn", status, started_at as "startedAt", ended_at as "endedAt",
    reused_from as "reusedFrom"
  from ${SCHEMA_NAME}.tasks where tenant = $1 and goal_id = $2 order by position, task_id`;

type RunRow = Omit<TaskRun, 'startedAt' | 'endedAt'> & Parameters<typeof isoSpan>[0];

/** How the tasks of a goal ran, in the plan's order, without what people see of them beside that. */
export async function taskRuns(statements: Statements, tenant: string, goalId: string): Promise<readonly TaskRun[]> {
  const rows = await ask<RunRow>(statements, RUNS, [tenant, goalId]);
  return rows.map((row) => ({ ...row, ...isoSpan(row) }));
}

async function criterionViews(statements: Statements, tenant: string, goalId: string): Promise<CriterionView[]> {
  const { tenant: _tenant, goalId: _goalId, position: _position, ...columns } = getTableColumns(criteria);
  const rows = await statements
    .select(columns)
    .from(criteria)
    .where(and(eq(criteria.tenant, tenant), eq(criteria.goalId, goalId)))
    .orderBy(asc(criteria.taskId), asc(criteria.position));
  return rows.map((row) => ({ ...row, taskId: row.taskId === '' ? null : row.taskId }));
}
