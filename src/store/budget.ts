/** The budget ledger: reserve before a call, settle with its record, give back what was not used. Host side. */
import { type SQL, sql } from 'drizzle-orm';
import type { GoalBudget } from '../core/goal.ts';
import { appendEvents, type GoalScope, goalNotFound } from './append-events.ts';
import type { Database, Statements } from './database.ts';
import { budgetAccounts, budgetReservations, SCHEMA_NAME } from './schema.ts';
import type { BudgetGrant, CallId, Store } from './store.ts';

/** The account of a goal. Schedules and tenants will have theirs beside it. */
function goalAccount(goalId: string): string {
  return `goal/${goalId}`;
}

/** The store's `budget`. */
export function createBudget(database: Database): Store['budget'] {
  return {
    reserve: (id, microUsd) => database.run((statements) => reserve(statements, id, microUsd)),
    release: async (id) => {
      await database.run((statements) => settleBudget(statements, id, 0));
    },
    warn: (tenant, goalId) => database.transaction((statements) => warn(statements, { tenant, goalId })),
    raise: (tenant, goalId, microUsd) => database.run((statements) => raise(statements, { tenant, goalId }, microUsd)),
    read: (tenant, goalId) => database.run((statements) => readBudget(statements, { tenant, goalId })),
  };
}

/** A goal's account with its cap; one that is there stays as it is. */
export async function openBudget(
  statements: Statements,
  scope: GoalScope,
  budget: { readonly capMicroUsd: number; readonly warnShare: number },
): Promise<void> {
  await statements
    .insert(budgetAccounts)
    .values({
      tenant: scope.tenant,
      account: goalAccount(scope.goalId),
      cap: budget.capMicroUsd,
      warnShare: budget.warnShare,
    })
    .onConflictDoNothing();
}

/** Ends a call's reservation, of which `costMicroUsd` was paid. Gives the micro-USD that the account is over its cap: 0. */
export async function settleBudget(statements: Statements, id: CallId, costMicroUsd: number): Promise<number> {
  const { rows } = await statements.execute<{ over: string }>(
    sql`select ${sql.raw(SCHEMA_NAME)}.settle_budget(${callArguments(id)}, ${costMicroUsd}::bigint) as over`,
  );
  return Number(rows[0]?.over ?? 0);
}

/** Gives back everything a goal that has ended still holds; call it before the goal's row is locked. */
export async function endBudget(statements: Statements, { tenant, goalId }: GoalScope): Promise<void> {
  const account = goalAccount(goalId);
  const locked = await statements.execute(
    sql`select 1 from ${budgetAccounts} where tenant = ${tenant} and account = ${account} for update`,
  );
  if (locked.rows.length === 0) return;
  await statements.execute(sql`with dead as (
      delete from ${budgetReservations} where tenant = ${tenant} and goal_id = ${goalId})
    update ${budgetAccounts} set reserved_micro_usd = 0 where tenant = ${tenant} and account = ${account}`);
}

/** The budget as people see it. */
export async function readBudget(
  statements: Statements,
  { tenant, goalId }: GoalScope,
): Promise<GoalBudget | undefined> {
  const { rows } = await statements.execute<Record<'cap' | 'settled' | 'reserved', string>>(sql`
    select cap_micro_usd as cap, settled_micro_usd as settled, reserved_micro_usd as reserved
    from ${budgetAccounts} where tenant = ${tenant} and account = ${goalAccount(goalId)}`);
  return rows[0] && toBudget(rows[0]);
}

async function reserve(statements: Statements, id: CallId, microUsd: number): Promise<BudgetGrant> {
  const { rows } = await statements.execute<{
    granted: boolean;
    cap: string;
    settled: string;
    reserved: string;
    warns: boolean;
  }>(sql`select * from ${sql.raw(SCHEMA_NAME)}.reserve_budget(${callArguments(id)}, ${microUsd}::bigint)`);
  const [row] = rows;
  if (row === undefined) throw goalNotFound(id.goalId);
  return { granted: row.granted, warns: row.warns, ...toBudget(row) };
}

async function warn(statements: Statements, scope: GoalScope): Promise<void> {
  const { rows } = await statements.execute<Record<'cap' | 'settled' | 'reserved', string>>(sql`
    update ${budgetAccounts} set warned_at = now()
    where tenant = ${scope.tenant} and account = ${goalAccount(scope.goalId)} and warned_at is null
    returning cap_micro_usd as cap, settled_micro_usd as settled, reserved_micro_usd as reserved`);
  if (rows[0] === undefined) return;
  await appendEvents(statements, scope, { events: [{ type: 'budget-warning', data: { ...toBudget(rows[0]) } }] });
}

/** A cap that is not higher than the current one changes nothing. A higher one is warned of again. */
async function raise(statements: Statements, scope: GoalScope, microUsd: number): Promise<GoalBudget> {
  await statements.execute(sql`
    update ${budgetAccounts} set cap_micro_usd = ${microUsd}::bigint, warned_at = null
    where tenant = ${scope.tenant} and account = ${goalAccount(scope.goalId)} and cap_micro_usd < ${microUsd}::bigint`);
  const budget = await readBudget(statements, scope);
  if (budget === undefined) throw goalNotFound(scope.goalId);
  return budget;
}

function callArguments(id: CallId): SQL {
  const { tenant, goalId, taskId, revision, turn } = id;
  return sql`${tenant}, ${goalAccount(goalId)}, ${goalId}, ${taskId}, ${revision}::int, ${turn}::int`;
}

function toBudget(row: Record<'cap' | 'settled' | 'reserved', string>): GoalBudget {
  return {
    capMicroUsd: Number(row.cap),
    settledMicroUsd: Number(row.settled),
    reservedMicroUsd: Number(row.reserved),
  };
}
