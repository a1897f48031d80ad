/** Accepted plans, and the tasks of the read model that come from them. Host side. */
import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { PlanReady } from '../core/approval.ts';
import type { BlobRef } from '../core/contracts/refs.ts';
import type { Plan } from '../core/plan.ts';
import { appending, exceptKnown, functions, type GoalScope, goalNamed } from './append-events.ts';
import { blobRef, planBytes } from './blob-ref.ts';
import { blobInsert, readBlob } from './blobs.ts';
import { toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { events, plans } from './schema.ts';
import type { Store } from './store.ts';

/** An accepted plan as its row says it. */
export interface AcceptedPlan {
  readonly ref: BlobRef;
  readonly revision: number;
  readonly plan: Plan;
  readonly source: string;
}

/** The store's `plans`. */
export function createPlans(database: Database): Store['plans'] {
  return {
    accept: (accepted) => database.run((statements) => accept(statements, accepted)),
    get: (tenant, hash) => database.run((statements) => readPlan(statements, tenant, hash)),
    ready: (tenant, goalId, revision) =>
      database.run((statements) => readReady(statements, { tenant, goalId }, revision)),
    current: (tenant, goalId) => database.run((statements) => currentPlan(statements, { tenant, goalId })),
  };
}

/** Plan and events in one statement; repeating it changes nothing. */
async function accept(
  statements: Statements,
  { events: all = [], ...accepted }: Parameters<Store['plans']['accept']>[0],
): Promise<BlobRef> {
  const { tenant, goalId, plan } = accepted;
  const bytes = planBytes(plan);
  const ref = blobRef(bytes);
  await exceptKnown(all, async (events) => {
    const { rows } = await goalNamed(goalId, () =>
      statements.execute<{ known: number[] }>(sql`
        with kept as (${blobInsert(tenant, bytes)})
        select ${appending({ tenant, goalId }, { events })} as known from ${accepting({ tenant, goalId }, { ...accepted, ref })}`),
    );
    return rows[0]?.known ?? [];
  });
  return ref;
}

async function readPlan(statements: Statements, tenant: string, hash: string): Promise<Plan> {
  return JSON.parse(new TextDecoder().decode(await readBlob(statements, tenant, hash))) as Plan;
}

async function readReady(
  statements: Statements,
  { tenant, goalId }: GoalScope,
  revision: number,
): Promise<PlanReady | undefined> {
  const [row] = await statements
    .select({ data: sql<PlanReady>`${events.data}` })
    .from(events)
    .where(
      and(
        eq(events.tenant, tenant),
        eq(events.goalId, goalId),
        inArray(events.type, ['plan-ready', 'plan-edited']),
        sql`(${events.data}->>'revision')::int = ${revision}::int`,
      ),
    )
    .limit(1);
  return row?.data;
}

/** The plan accepted last. */
export async function currentPlan(statements: Statements, { tenant, goalId }: GoalScope) {
  const [row] = await statements
    .select({ revision: plans.revision, hash: plans.hash, bytes: plans.bytes })
    .from(plans)
    .where(and(eq(plans.tenant, tenant), eq(plans.goalId, goalId)))
    .orderBy(desc(plans.revision))
    .limit(1);
  if (row === undefined) return undefined;
  const { revision, hash, bytes } = row;
  return { ref: { hash, bytes }, revision, plan: await readPlan(statements, tenant, hash) };
}

/** Writes the plan's row and its tasks; the body is a blob of the caller's. A revision that is there stays as it is. */
export async function acceptPlan(statements: Statements, scope: GoalScope, accepted: AcceptedPlan): Promise<void> {
  await goalNamed(scope.goalId, () => statements.execute(sql`select ${accepting(scope, accepted)}`));
}

function accepting({ tenant, goalId }: GoalScope, accepted: AcceptedPlan): SQL {
  return sql`${functions}.accept_plan(${tenant}, ${goalId}, ${toJsonText(planRow(accepted))}::jsonb)`;
}

/** The plan as `accept_plan` of the database takes it. */
export function planRow({ ref, revision, plan, source }: AcceptedPlan): object {
  const tasks = plan.tasks.map(({ instructions: _text, ...task }, position) => ({ ...task, position }));
  return { ...ref, revision, source, tasks };
}
