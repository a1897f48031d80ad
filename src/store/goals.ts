/** Goals: creation, pinning, states and the end. Host side. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import { goalAccount } from '../core/contracts/budget.ts';
import type { GoalStatus } from '../core/contracts/goal.ts';
import { failure } from '../core/failures.ts';
import type { GoalRequest } from '../core/goal.ts';
import { canonicalJson } from '../core/json.ts';
import { appending, exceptKnown, functions, goalNamed, goalNotFound, storyOf } from './append-events.ts';
import { ask } from './ask.ts';
import { blobRef, sha256 } from './blob-ref.ts';
import { blobInsert } from './blobs.ts';
import { endChannel } from './channel.ts';
import { cleanText, toJsonText } from './clean-json.ts';
import { isNoConversation } from './conversations.ts';
import type { Database, Statements } from './database.ts';
import { goalTotals } from './goal-totals.ts';
import { goalDetail, listGoals, taskRuns } from './goal-views.ts';
import { openGoals } from './open-goals.ts';
import { budgetAccounts, goals, SCHEMA_NAME, scheduleTicks } from './schema.ts';
import { snapshotRow } from './snapshots.ts';
import type { GoalEnd, NewGoal, StartedGoal, Store, UnstartedGoal } from './store.ts';

/** Length of the title a goal has until it is planned. */
const FIRST_TITLE_LENGTH = 80;

type OpenGoal = Parameters<Store['goals']['open']>[0];

/** The store's `goals`. */
export function createGoals(database: Database): Store['goals'] {
  return {
    create: (goal) => database.run((statements) => createGoal(statements, goal)),
    request: (tenant, goalId) => database.run((statements) => readRequest(statements, tenant, goalId)),
    open: (goal) => database.run((statements) => open(statements, goal)),
    unstarted: (olderThanMs) => database.run((statements) => unstarted(statements, olderThanMs)),
    setStatus: (...[tenant, goalId, status, awaiting]) =>
      database.run((statements) => setStatus(statements, { tenant, goalId, status, awaiting })),
    close: (end) => database.run((statements) => close(statements, end)),
    list: (filter) => database.run((statements) => listGoals(statements, filter)),
    detail: (tenant, goalId) =>
      database.transaction((statements) => goalDetail(statements, tenant, goalId), 'snapshot'),
    totals: (tenant, goalId) => database.run((statements) => goalTotals(statements, tenant, goalId)),
    taskRuns: (tenant, goalId) => database.run((statements) => taskRuns(statements, tenant, goalId)),
    openGoals: (tenant, limit) => database.run((statements) => openGoals(statements, tenant, limit)),
    openCount: () =>
      database.run((statements) => statements.$count(goals, and(isNull(goals.endedAt), isNoConversation))),
  };
}

/** Inserts the goal, or finds the one with the same key. */
export async function createGoal(statements: Statements, goal: NewGoal): Promise<StartedGoal> {
  const { tenant, goalId, simulated } = goal;
  const { idempotencyKey, ...body } = goal.request;
  const bodyHash = sha256(canonicalJson({ ...body, simulated }));
  const tags = sql.param(body.tags ?? []);
  const inserted = await statements.execute(sql`
    insert into ${goals} (tenant, goal_id, request, body_hash, idempotency_key, parent_account, title, tags, simulated)
    values (${tenant}, ${goalId}, ${toJsonText(goal.request)}::jsonb, ${bodyHash}, ${idempotencyKey ?? null}, ${goal.parentAccount ?? null},
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

const REQUEST = `select request from ${SCHEMA_NAME}.goals where tenant = $1 and goal_id = $2`;

async function readRequest(statements: Statements, tenant: string, goalId: string): Promise<GoalRequest | undefined> {
  const [row] = await ask<{ request: GoalRequest }>(statements, REQUEST, [tenant, goalId]);
  return row?.request;
}

/** Snapshot, pins, account and first event in one statement. A goal with a limit, or below something that may have one, has an account. */
async function open(
  statements: Statements,
  goal: OpenGoal,
): Promise<{ snapshot: string; parentAccount: string | null }> {
  const { tenant, goalId, title, snapshot, parentAccount = null } = goal;
  const { budgetMicroUsd = null, budgetWarnShare: warnShare = 1 } = snapshot.limits;
  const { hash, insert } = snapshotRow(tenant, snapshot);
  const { rows } = await statements.execute<{ parent_account: string | null }>(sql`
    with kept as (${insert}),
    opened as (
      update ${goals} set title = ${cleanText(title)}, snapshot = ${hash},
        parent_account = coalesce(parent_account, ${parentAccount})
      where tenant = ${tenant} and goal_id = ${goalId} and snapshot is null returning parent_account),
    limited as (
      insert into ${budgetAccounts} (tenant, account, cap_micro_usd, parent, warn_share)
      select ${tenant}, ${goalAccount(goalId)}, ${budgetMicroUsd}::bigint, parent_account, ${warnShare}::float8 from opened
      where ${budgetMicroUsd}::bigint is not null or parent_account is not null on conflict do nothing)
    select parent_account, ${appending(goal, { events: [{ type: 'goal-start', data: {} }] })} from opened`);
  const [row] = rows;
  return row === undefined ? pinnedBefore(statements, goal) : { snapshot: hash, parentAccount: row.parent_account };
}

async function pinnedBefore(
  statements: Statements,
  { tenant, goalId }: OpenGoal,
): Promise<{ snapshot: string; parentAccount: string | null }> {
  const [row] = await statements
    .select({ snapshot: goals.snapshot, parentAccount: goals.parentAccount })
    .from(goals)
    .where(and(eq(goals.tenant, tenant), eq(goals.goalId, goalId)));
  if (!row?.snapshot) throw goalNotFound(goalId);
  return { snapshot: row.snapshot, parentAccount: row.parentAccount };
}

async function unstarted(statements: Statements, olderThanMs: number): Promise<readonly UnstartedGoal[]> {
  const { goalId, tenant, createdAt } = goals;
  return statements
    .select({ goalId, tenant, createdAt, scheduleId: scheduleTicks.scheduleId })
    .from(goals)
    .leftJoin(scheduleTicks, and(eq(scheduleTicks.tenant, tenant), eq(scheduleTicks.goalId, goalId)))
    .where(
      and(
        eq(goals.status, 'queued'),
        isNull(goals.endedAt),
        sql`${createdAt} <= now() - make_interval(secs => ${olderThanMs / 1_000}::float8)`,
      ),
    )
    .orderBy(createdAt);
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

/** All of the end, or nothing. */
async function close(statements: Statements, end: GoalEnd): Promise<void> {
  const { tenant, goalId, status, reason = null, deliverable, census, events } = end;
  const text = deliverable instanceof Uint8Array ? deliverable : undefined;
  const hash = deliverable instanceof Uint8Array ? blobRef(deliverable).hash : deliverable?.hash;
  const row = toJsonText({ status, reason, deliverable: hash ?? null, census, channel: endChannel(goalId) });
  await exceptKnown(events, async (some) => {
    const story = toJsonText(storyOf(end, { events: some }));
    const { rows } = await goalNamed(goalId, () =>
      statements.execute<{ known: number[] }>(sql`
        ${text ? sql`with kept as (${blobInsert(tenant, text)})` : sql``}
        select ${functions}.close_goal(${tenant}, ${goalId}, ${row}::jsonb, ${story}::jsonb) as known`),
    );
    return rows[0]?.known ?? [];
  });
}
