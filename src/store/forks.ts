/** Goals made from others: what can be taken over, and taking it over in one transaction. Host side. */
import { and, eq, sql } from 'drizzle-orm';
import type { TaskStatus } from '../core/contracts/plan.ts';
import type { BlobRef } from '../core/contracts/refs.ts';
import { appendEvents, type GoalScope, goalNotFound } from './append-events.ts';
import { blobRef, planBytes } from './blob-ref.ts';
import { insertBlob } from './blobs.ts';
import { toJsonText } from './clean-json.ts';
import type { Database, Statements } from './database.ts';
import type { ForkSource, ForkSourceTask, Forks, NewFork } from './fork-types.ts';
import type { NewEvent } from './new-event.ts';
import { acceptPlan, currentPlan } from './plans.ts';
import { criteria, goals, plans, taskResults, tasks } from './schema.ts';

/** The store's `forks` over a database. */
export function createForks(database: Database): Forks {
  return {
    source: (tenant, goalId) =>
      database.transaction((statements) => readSource(statements, { tenant, goalId }), 'snapshot'),
    accept: (fork) => database.transaction((statements) => accept(statements, fork)),
  };
}

async function readSource(statements: Statements, scope: GoalScope): Promise<ForkSource | undefined> {
  const [goal] = await statements
    .select({ request: goals.request, snapshot: goals.snapshot })
    .from(goals)
    .where(and(eq(goals.tenant, scope.tenant), eq(goals.goalId, scope.goalId)));
  if (goal === undefined) return undefined;
  const current = await currentPlan(statements, scope);
  const { rows } = await statements.execute<SourceRow>(sql`
    select t.task_id, t.status, t.cost_micro_usd, r.revision, r.output_hash from ${tasks} t
    left join lateral (
      select * from ${taskResults} l where l.tenant = t.tenant and l.goal_id = t.goal_id and l.task_id = t.task_id
      order by l.revision desc limit 1
    ) r on true
    where t.tenant = ${scope.tenant} and t.goal_id = ${scope.goalId}`);
  return {
    request: goal.request,
    ...(goal.snapshot === null ? {} : { snapshot: goal.snapshot }),
    ...(current === undefined ? {} : { plan: current.plan }),
    tasks: rows.map(sourceTask),
  };
}

interface SourceRow extends Record<string, unknown> {
  readonly task_id: string;
  readonly status: TaskStatus;
  readonly cost_micro_usd: string;
  readonly revision: number | null;
  readonly output_hash: string | null;
}

function sourceTask({
  task_id: taskId,
  status,
  cost_micro_usd,
  revision,
  output_hash: output,
}: SourceRow): ForkSourceTask {
  const result = revision === null || output === null ? null : { revision, output };
  return { taskId, status, costMicroUsd: Number(cost_micro_usd), result };
}

async function accept(statements: Statements, fork: NewFork): Promise<{ ref: BlobRef; reused: readonly string[] }> {
  const { tenant, goalId, plan, source } = fork;
  const bytes = planBytes(plan);
  const ref = blobRef(bytes);
  await insertBlob(statements, tenant, bytes);
  const locked = await statements.execute(
    sql`select 1 from ${goals} where tenant = ${tenant} and goal_id = ${goalId} for update`,
  );
  if (locked.rows.length === 0) throw goalNotFound(goalId);
  const known = await statements.execute(
    sql`select 1 from ${plans} where tenant = ${tenant} and goal_id = ${goalId} and revision = 0`,
  );
  if (known.rows.length > 0) return { ref, reused: await reusedOf(statements, fork) };
  await acceptPlan(statements, fork, { ref, revision: 0, plan, source });
  await copyResults(statements, fork);
  const reused = await reusedOf(statements, fork);
  await appendEvents(statements, fork, { events: [...fork.events, ...reusedEvents(fork, reused)] });
  return { ref, reused };
}

/** A result that is not there as it was seen is not taken over; its task runs. */
async function copyResults(statements: Statements, { tenant, goalId, from, reused }: NewFork): Promise<void> {
  const wanted = sql`jsonb_to_recordset(${toJsonText(reused)}::jsonb) as w("taskId" text, revision int, output text)`;
  await statements.execute(sql`
    insert into ${taskResults} (tenant, goal_id, task_id, revision, output_hash, output_bytes, summary, evidence)
    select r.tenant, ${goalId}, r.task_id, r.revision, r.output_hash, r.output_bytes, r.summary, r.evidence
    from ${taskResults} r join ${wanted}
      on r.task_id = w."taskId" and r.revision = w.revision and r.output_hash = w.output
    where r.tenant = ${tenant} and r.goal_id = ${from}`);
  await statements.execute(sql`
    insert into ${criteria} (tenant, goal_id, task_id, position, criterion, verdict, quote, source, reason)
    select c.tenant, ${goalId}, c.task_id, c.position, c.criterion, c.verdict, c.quote, c.source, c.reason
    from ${criteria} c join ${taskResults} r on r.tenant = c.tenant and r.goal_id = ${goalId} and r.task_id = c.task_id
    where c.tenant = ${tenant} and c.goal_id = ${from}`);
  await statements.execute(sql`
    update ${tasks} t set reused_from = coalesce(o.reused_from, o.goal_id), summary = o.summary
    from ${tasks} o join ${taskResults} r on r.tenant = o.tenant and r.goal_id = ${goalId} and r.task_id = o.task_id
    where o.tenant = ${tenant} and o.goal_id = ${from}
      and t.tenant = o.tenant and t.goal_id = ${goalId} and t.task_id = o.task_id`);
}

async function reusedOf(statements: Statements, { tenant, goalId }: NewFork): Promise<string[]> {
  const { rows } = await statements.execute<{ task_id: string }>(sql`
    select task_id from ${tasks} where tenant = ${tenant} and goal_id = ${goalId} and reused_from is not null
    order by position`);
  return rows.map((row) => row.task_id);
}

function reusedEvents({ from, reused }: NewFork, taken: readonly string[]): NewEvent[] {
  const results = new Map(reused.map((result) => [result.taskId, result]));
  return taken.flatMap((taskId): NewEvent[] => {
    const result = results.get(taskId);
    if (!result) return [];
    const { revision, content } = result;
    return [{ type: 'task-reused', taskId, data: { goalId: from, revision, content } }];
  });
}
