/** What people see of goals, read from the store. Host side. */
import { and, arrayContains, asc, desc, eq, getTableColumns, inArray, sql, sum } from 'drizzle-orm';
import type { CriterionView, GoalDetail, GoalSummary, TaskView } from '../core/goal.ts';
import { hasInvisibleCharacters } from '../core/invisible.ts';
import { readBlob } from './blobs.ts';
import { readBudget } from './budget.ts';
import type { Statements } from './database.ts';
import { criteria, goals, tasks, toolCalls, usageLedger } from './schema.ts';
import type { GoalFilter, GoalTotals } from './store.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;

const SUMMARY = {
  goalId: goals.goalId,
  tenant: goals.tenant,
  title: goals.title,
  status: goals.status,
  awaiting: goals.awaiting,
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
  const budget = await readBudget(statements, { tenant, goalId });
  return {
    ...withIsoTimes(rest),
    text: request.text,
    invisibleCharacters: hasInvisibleCharacters(request.text),
    tasks: await taskViews(statements, tenant, goalId),
    criteria: await criterionViews(statements, tenant, goalId),
    deliverable:
      deliverable === null ? null : new TextDecoder().decode(await readBlob(statements, tenant, deliverable)),
    ...(budget ? { budget } : {}),
  };
}

async function taskViews(statements: Statements, tenant: string, goalId: string): Promise<TaskView[]> {
  const { tenant: _tenant, goalId: _goalId, position: _position, ...columns } = getTableColumns(tasks);
  const rows = await statements
    .select(columns)
    .from(tasks)
    .where(and(eq(tasks.tenant, tenant), eq(tasks.goalId, goalId)))
    .orderBy(asc(tasks.position), asc(tasks.taskId));
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

/** Sums of the ledger and the number of tool calls that ended. */
export async function goalTotals(statements: Statements, tenant: string, goalId: string): Promise<GoalTotals> {
  const total = (column: Parameters<typeof sum>[0]) => sql`coalesce(${sum(column)}, 0)`.mapWith(Number);
  const ended = statements
    .select({ calls: sql`count(*)` })
    .from(toolCalls)
    .where(and(eq(toolCalls.tenant, tenant), eq(toolCalls.goalId, goalId), sql`${toolCalls.endedAt} is not null`));
  const [row] = await statements
    .select({
      modelCalls: sql`count(*)`.mapWith(Number),
      toolCalls: sql`(${ended})`.mapWith(Number),
      costMicroUsd: total(usageLedger.costMicroUsd),
      inputTokens: total(usageLedger.inputTokens),
      outputTokens: total(usageLedger.outputTokens),
      cacheReadTokens: total(usageLedger.cacheReadTokens),
      cacheWrite5mTokens: total(usageLedger.cacheWrite5mTokens),
      cacheWrite1hTokens: total(usageLedger.cacheWrite1hTokens),
      webSearches: total(usageLedger.webSearches),
    })
    .from(usageLedger)
    .where(and(eq(usageLedger.tenant, tenant), eq(usageLedger.goalId, goalId)));
  if (row === undefined) throw new Error('an aggregate without a row');
  const { modelCalls, toolCalls: tools, costMicroUsd, ...usage } = row;
  return { modelCalls, toolCalls: tools, costMicroUsd, usage };
}
