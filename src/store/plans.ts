/** Accepted plans, and the tasks of the read model that come from them. Host side. */
import { and, desc, eq, sql } from 'drizzle-orm';
import type { BlobRef } from '../core/contracts/refs.ts';
import type { Plan } from '../core/plan.ts';
import { type GoalScope, goalNotFound } from './append-events.ts';
import { blobRef, planBytes } from './blob-ref.ts';
import { insertBlobs, readBlob } from './blobs.ts';
import { toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import { goals, plans, tasks } from './schema.ts';
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
    async accept({ tenant, goalId, revision, plan, source }) {
      const bytes = planBytes(plan);
      const ref = blobRef(bytes);
      await database.transaction(async (statements) => {
        await insertBlobs(statements, tenant, [bytes]);
        await acceptPlan(statements, { tenant, goalId }, { ref, revision, plan, source });
      });
      return ref;
    },
    get: (tenant, hash) => database.run((statements) => readPlan(statements, tenant, hash)),
    current: (tenant, goalId) => database.run((statements) => currentPlan(statements, { tenant, goalId })),
  };
}

async function readPlan(statements: Statements, tenant: string, hash: string): Promise<Plan> {
  return JSON.parse(new TextDecoder().decode(await readBlob(statements, tenant, hash))) as Plan;
}

async function currentPlan(statements: Statements, { tenant, goalId }: GoalScope) {
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
  const { tenant, goalId } = scope;
  // The goal's row first: others lock its tasks only under it.
  const goal = await statements.execute(
    sql`select 1 from ${goals} where tenant = ${tenant} and goal_id = ${goalId} for update`,
  );
  if (goal.rows.length === 0) throw goalNotFound(goalId);
  const { hash, bytes } = accepted.ref;
  const inserted = await statements.execute(sql`
    insert into ${plans} (tenant, goal_id, revision, hash, bytes, source)
    values (${tenant}, ${goalId}, ${accepted.revision}, ${hash}, ${bytes}, ${accepted.source})
    on conflict do nothing returning 1`);
  if (inserted.rows.length > 0) await replaceTasks(statements, scope, accepted.plan);
}

/** Upserts the plan's tasks; rows of tasks that are gone and never started go. What has started keeps its state. */
async function replaceTasks(statements: Statements, { tenant, goalId }: GoalScope, plan: Plan): Promise<void> {
  const rows = plan.tasks.map((task, position) => ({ ...task, position }));
  const ids = plan.tasks.map((task) => task.id);
  await statements.execute(sql`
    insert into ${tasks} as t
      (tenant, goal_id, task_id, position, title, agent, agent_reason, tier, depends_on, optional)
    select ${tenant}, ${goalId}, p.id, p.position, p.title, p.agent, p."agentReason", p.tier, p."dependsOn", p.optional
    from jsonb_to_recordset(${toJsonText(rows)}::jsonb) as p(id text, position int, title text, agent text,
      "agentReason" text, tier text, "dependsOn" text[], optional boolean)
    on conflict (tenant, goal_id, task_id) do update set
      position = excluded.position, title = excluded.title, agent = excluded.agent,
      agent_reason = excluded.agent_reason, tier = excluded.tier, depends_on = excluded.depends_on,
      optional = excluded.optional,
      status = case when t.started_at is null then 'waiting' else t.status end,
      reason = case when t.started_at is null then null else t.reason end,
      ended_at = case when t.started_at is null then null else t.ended_at end`);
  await statements.execute(sql`
    delete from ${tasks} where tenant = ${tenant} and goal_id = ${goalId}
      and started_at is null and not task_id = any(${sql.param(ids)}::text[])`);
}
