/** Goals: creation, pinning, states and the end. Host side. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { GoalStatus } from '../core/contracts/goal.ts';
import { failure } from '../core/failures.ts';
import type { GoalRequest } from '../core/goal.ts';
import { canonicalJson } from '../core/json.ts';
import { appendEvents, goalNotFound } from './append-events.ts';
import { sha256 } from './blob-ref.ts';
import { endBudget, openBudget } from './budget.ts';
import { cleanText, toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { goalDetail, goalTotals, listGoals } from './goal-views.ts';
import { goals } from './schema.ts';
import { insertSnapshot } from './snapshots.ts';
import type { GoalEnd, StartedGoal, Store } from './store.ts';

/** Length of the title a goal has until it is planned. */
const FIRST_TITLE_LENGTH = 80;

type NewGoal = Parameters<Store['goals']['create']>[0];
type OpenGoal = Parameters<Store['goals']['open']>[0];

/** The store's `goals`. */
export function createGoals(database: Database): Store['goals'] {
  return {
    create: (goal) => database.run((statements) => create(statements, goal)),
    request: (tenant, goalId) => database.run((statements) => readRequest(statements, tenant, goalId)),
    open: (goal) => database.transaction((statements) => open(statements, goal)),
    unstarted: (olderThanMs) => database.run((statements) => unstarted(statements, olderThanMs)),
    setStatus: (...[tenant, goalId, status, awaiting]) =>
      database.run((statements) => setStatus(statements, { tenant, goalId, status, awaiting })),
    close: (end) => database.transaction((statements) => close(statements, end)),
    list: (filter) => database.run((statements) => listGoals(statements, filter)),
    detail: (tenant, goalId) =>
      database.transaction((statements) => goalDetail(statements, tenant, goalId), 'snapshot'),
    totals: (tenant, goalId) => database.run((statements) => goalTotals(statements, tenant, goalId)),
    openCount: () => database.run((statements) => statements.$count(goals, isNull(goals.endedAt))),
  };
}

async function create(statements: Statements, goal: NewGoal): Promise<StartedGoal> {
  const { tenant, goalId, simulated } = goal;
  const { idempotencyKey, ...body } = goal.request;
  const bodyHash = sha256(canonicalJson({ ...body, simulated }));
  const tags = sql.param(body.tags ?? []);
  const inserted = await statements.execute(sql`
    insert into ${goals} (tenant, goal_id, request, body_hash, idempotency_key, title, tags, simulated)
    values (${tenant}, ${goalId}, ${toJsonText(goal.request)}::jsonb, ${bodyHash}, ${idempotencyKey ?? null},
            ${firstTitle(body)}, ${tags}::text[], ${simulated})
    on conflict do nothing returning 1`);
  if (inserted.rows.length > 0) return { goalId, created: true };
  const { rows } = await statements.execute<{ goal_id: string; body_hash: string }>(sql`
    select goal_id, body_hash from ${goals}
    where tenant = ${tenant} and (goal_id = ${goalId} or idempotency_key = ${idempotencyKey ?? null})
    order by (idempotency_key = ${idempotencyKey ?? null}) is true desc limit 1`);
  const [found] = rows;
  if (found === undefined) throw failure('internal.bug', `Goal ${goalId} was neither inserted nor found.`);
  if (found.body_hash === bodyHash) return { goalId: found.goal_id, created: false };
  throw failure(
    'goal.idempotency-conflict',
    `The idempotency key was used for goal ${found.goal_id}, which has another body.`,
    { details: { goalId: found.goal_id } },
  );
}

function firstTitle(request: Omit<GoalRequest, 'idempotencyKey'>): string {
  const line = request.plan?.title ?? request.text.trim().split('\n', 1)[0] ?? '';
  const letters = [...cleanText(line)];
  return letters.length > FIRST_TITLE_LENGTH ? `${letters.slice(0, FIRST_TITLE_LENGTH - 1).join('')}…` : line;
}

async function readRequest(statements: Statements, tenant: string, goalId: string): Promise<GoalRequest | undefined> {
  const [row] = await statements
    .select({ request: goals.request })
    .from(goals)
    .where(and(eq(goals.tenant, tenant), eq(goals.goalId, goalId)));
  return row?.request;
}

async function open(statements: Statements, goal: OpenGoal): Promise<{ snapshot: string }> {
  const hash = await insertSnapshot(statements, goal.tenant, goal.snapshot);
  const { rows } = await statements.execute<{ snapshot: string }>(sql`
    update ${goals} set
      title = case when snapshot is null then ${cleanText(goal.title)} else title end,
      snapshot = coalesce(snapshot, ${hash})
    where tenant = ${goal.tenant} and goal_id = ${goal.goalId} returning snapshot`);
  const [row] = rows;
  if (row === undefined) throw goalNotFound(goal.goalId);
  const { budgetMicroUsd: capMicroUsd, budgetWarnShare: warnShare = 1 } = goal.snapshot.limits;
  // An earlier opening with another snapshot has made the account that it asks for.
  if (capMicroUsd !== undefined && row.snapshot === hash)
    await openBudget(statements, goal, { capMicroUsd, warnShare });
  return row;
}

async function unstarted(statements: Statements, olderThanMs: number) {
  return statements
    .select({ goalId: goals.goalId, tenant: goals.tenant })
    .from(goals)
    .where(
      and(
        eq(goals.status, 'queued'),
        isNull(goals.endedAt),
        sql`${goals.createdAt} <= now() - make_interval(secs => ${olderThanMs / 1_000}::float8)`,
      ),
    )
    .orderBy(goals.createdAt);
}

async function setStatus(
  statements: Statements,
  change: { tenant: string; goalId: string; status: GoalStatus; awaiting: string | null | undefined },
): Promise<void> {
  await statements
    .update(goals)
    .set({ status: change.status, ...(change.awaiting === undefined ? {} : { awaiting: change.awaiting }) })
    .where(and(eq(goals.tenant, change.tenant), eq(goals.goalId, change.goalId), isNull(goals.endedAt)));
}

async function close(statements: Statements, end: GoalEnd): Promise<void> {
  const { tenant, goalId } = end;
  await endBudget(statements, end);
  const { rows } = await statements.execute<{ ended: boolean }>(
    sql`select ended_at is not null as ended from ${goals} where tenant = ${tenant} and goal_id = ${goalId} for update`,
  );
  const [row] = rows;
  if (row === undefined) throw goalNotFound(goalId);
  if (row.ended) return;
  await appendEvents(statements, { tenant, goalId }, { events: end.events });
  await statements
    .update(goals)
    .set({
      status: end.status,
      awaiting: null,
      reason: end.reason === undefined ? null : cleanText(end.reason),
      deliverable: end.deliverable?.hash ?? null,
      census: end.census,
      endedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(goals.tenant, tenant), eq(goals.goalId, goalId)));
}
