/** The budget ledger's accounts: made, raised, read, swept. What calls hold of them is the journal's business. Host side. */
import { and, desc, eq, like, not, sql } from 'drizzle-orm';
import { goalAccount } from '../core/contracts/budget.ts';
import type { BudgetAccount, CappedAccount } from '../core/goal.ts';
import type { NewAccount } from './admission.ts';
import { functions } from './append-events.ts';
import type { Database, Statements } from './database.ts';
import { budgetAccounts, budgetReservations, goals } from './schema.ts';
import type { Store } from './store.ts';

/** The store's `budget`. */
export function createBudget(database: Database): Store['budget'] {
  return {
    openAccount: (tenant, account) => database.run((statements) => openAccount(statements, tenant, account)),
    raise: (...[tenant, account, microUsd]) =>
      database.run((statements) => raise(statements, { tenant, account }, microUsd)),
    read: (tenant, account) => database.run((statements) => readAccount(statements, tenant, account)),
    list: (tenant) => database.run((statements) => listAccounts(statements, tenant)),
    goalsUnder: (tenant, account) => database.run((statements) => goalsUnder(statements, tenant, account)),
    sweep: (olderThanMs) => sweep(database, olderThanMs),
  };
}

/** Makes an account; one that is there stays as it is. */
export async function openAccount(statements: Statements, tenant: string, account: NewAccount): Promise<void> {
  const { capMicroUsd, parent, ...rest } = account;
  await statements
    .insert(budgetAccounts)
    .values({ tenant, ...rest, cap: capMicroUsd, parent: parent ?? null })
    .onConflictDoNothing();
}

/** The account as people see it. */
export async function readAccount(
  statements: Statements,
  tenant: string,
  account: string,
): Promise<BudgetAccount | undefined> {
  const [row] = await statements
    .select(COLUMNS)
    .from(budgetAccounts)
    .where(and(eq(budgetAccounts.tenant, tenant), eq(budgetAccounts.account, account)));
  return row;
}

const COLUMNS = {
  account: budgetAccounts.account,
  parent: budgetAccounts.parent,
  capMicroUsd: budgetAccounts.cap,
  settledMicroUsd: budgetAccounts.settled,
  reservedMicroUsd: budgetAccounts.reserved,
  unknownMicroUsd: budgetAccounts.unknown,
};

async function listAccounts(statements: Statements, tenant: string): Promise<readonly BudgetAccount[]> {
  return statements
    .select(COLUMNS)
    .from(budgetAccounts)
    .where(and(eq(budgetAccounts.tenant, tenant), not(like(budgetAccounts.account, goalAccount('%')))))
    .orderBy(desc(budgetAccounts.account))
    .limit(1_000);
}

/** A cap that is not higher than the current one changes nothing. A higher one is warned of again. */
async function raise(
  statements: Statements,
  { tenant, account }: { tenant: string; account: string },
  microUsd: number,
): Promise<CappedAccount | undefined> {
  await statements.execute(sql`
    update ${budgetAccounts} set cap_micro_usd = ${microUsd}::bigint, warned_at = null
    where tenant = ${tenant} and account = ${account} and cap_micro_usd < ${microUsd}::bigint`);
  const found = await readAccount(statements, tenant, account);
  const capMicroUsd = found?.capMicroUsd ?? null;
  return found && capMicroUsd !== null ? { ...found, capMicroUsd } : undefined;
}

async function goalsUnder(statements: Statements, tenant: string, account: string): Promise<readonly string[]> {
  const ofTenant = account.startsWith('tenant/');
  const { rows } = await statements.execute<{ goal_id: string }>(sql`
    with recursive accounts as (
      select ${account}::text as account
      union
      select b.account from ${budgetAccounts} b join accounts on b.parent = accounts.account where b.tenant = ${tenant}
    )
    select goal_id from ${goals} g
    where tenant = ${tenant} and ended_at is null and snapshot is not null
      and (${ofTenant} or 'goal/' || goal_id in (select account from accounts)
        or parent_account in (select account from accounts))
    order by created_at`);
  return rows.map((row) => row.goal_id);
}

/** Goal by goal, since the accounts of one are locked from the goal upwards. */
async function sweep(database: Database, olderThanMs: number): Promise<number> {
  const before = sql`now() - make_interval(secs => ${olderThanMs / 1_000}::float8)`;
  const { rows } = await database.run((statements) =>
    statements.execute<{ tenant: string; goal_id: string; ended: boolean }>(sql`
      select distinct r.tenant, r.goal_id, g.ended_at is not null as ended
      from ${budgetReservations} r left join ${goals} g on g.tenant = r.tenant and g.goal_id = r.goal_id
      where r.at < ${before} or g.ended_at is not null`),
  );
  let recovered = 0;
  for (const { tenant, goal_id: goalId, ended } of rows) {
    const limit = ended ? sql`null` : before;
    const found = await database.run((statements) =>
      statements.execute<{ count: number }>(
        sql`select ${functions}.recover_reservations(${tenant}, ${goalId}, ${limit}) as count`,
      ),
    );
    recovered += found.rows[0]?.count ?? 0;
  }
  return recovered;
}
