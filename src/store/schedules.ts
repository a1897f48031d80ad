/** Schedules and their ticks: at most one goal per tick, whatever is tried again. Host side. */
import { and, asc, desc, eq, isNotNull, lt, sql } from 'drizzle-orm';
import { appendEvents } from './append-events.ts';
import type { Database, Statements } from './database.ts';
import { createGoal } from './goals.ts';
import type { NewTick, ScheduleStore, StoredSchedule, StoredTick } from './schedule-store.ts';
import { goals, schedules, scheduleTicks } from './schema.ts';
import type { NewGoal, StartedGoal } from './store.ts';

/** The store's `schedules`. */
export function createSchedules(database: Database): ScheduleStore {
  return {
    save: (schedule, isNew) => database.run((statements) => save(statements, schedule, isNew)),
    get: async (tenant, id) =>
      (await database.run((statements) => find(statements, and(eq(schedules.tenant, tenant), isSchedule(id)))))[0],
    list: (tenant) => database.run((statements) => find(statements, eq(schedules.tenant, tenant))),
    remove: (tenant, id) =>
      database.run(async (statements) => {
        const gone = statements.delete(schedules).where(and(eq(schedules.tenant, tenant), isSchedule(id)));
        return (await gone.returning({ id: schedules.scheduleId })).length > 0;
      }),
    begin: (tick, goal) => database.transaction((statements) => begin(statements, tick, goal)),
    skip: (tick, reason) =>
      database.run(async (statements) => {
        await statements
          .insert(scheduleTicks)
          .values({ ...rowOf(tick), skipped: reason })
          .onConflictDoUpdate({ target: KEY, set: { skipped: reason }, setWhere: sql`schedule_ticks.goal_id is null` });
      }),
    ticks: (...[tenant, id, limit]) => database.run((statements) => ticks(statements, { tenant, id }, limit)),
    goalOf: (...[tenant, id, nominalMs]) =>
      database.run(async (statements) => {
        const [row] = await statements
          .select({ goalId: scheduleTicks.goalId })
          .from(scheduleTicks)
          .where(and(ofSchedule(tenant, id), eq(scheduleTicks.nominalAt, new Date(nominalMs))));
        return row?.goalId ?? undefined;
      }),
    lastEnd: (...[tenant, id, nominalMs]) =>
      database.run(async (statements) => {
        const [row] = await statements
          .select({ status: goals.status, deliverable: goals.deliverable })
          .from(scheduleTicks)
          .innerJoin(goals, isGoalOfTick)
          .where(
            and(ofSchedule(tenant, id), lt(scheduleTicks.nominalAt, new Date(nominalMs)), isNotNull(goals.endedAt)),
          )
          .orderBy(desc(scheduleTicks.nominalAt))
          .limit(1);
        return row;
      }),
  };
}

const KEY = [scheduleTicks.tenant, scheduleTicks.scheduleId, scheduleTicks.nominalAt];
const isGoalOfTick = and(eq(goals.tenant, scheduleTicks.tenant), eq(goals.goalId, scheduleTicks.goalId));
const isSchedule = (id: string) => eq(schedules.scheduleId, id);
const ofSchedule = (tenant: string, id: string) =>
  and(eq(scheduleTicks.tenant, tenant), eq(scheduleTicks.scheduleId, id));

function rowOf({ nominalMs, ...tick }: NewTick) {
  return { ...tick, nominalAt: new Date(nominalMs) };
}

async function save(
  statements: Statements,
  schedule: Parameters<ScheduleStore['save']>[0],
  isNew: boolean,
): Promise<boolean> {
  const insert = statements.insert(schedules).values({ ...schedule, scheduleId: schedule.definition.id });
  const { definition, hash, author } = schedule;
  const set = { definition, hash, author, updatedAt: sql`now()` };
  const target = [schedules.tenant, schedules.scheduleId];
  const saved = isNew ? insert.onConflictDoNothing() : insert.onConflictDoUpdate({ target, set });
  return (await saved.returning({ id: schedules.scheduleId })).length > 0;
}

async function find(statements: Statements, where: ReturnType<typeof and>): Promise<readonly StoredSchedule[]> {
  const rows = await statements.select().from(schedules).where(where).orderBy(asc(schedules.scheduleId)).limit(1_000);
  return rows.map(({ scheduleId: _id, createdAt, updatedAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }));
}

/** The tick's row is locked, so that two attempts make one goal. */
async function begin(statements: Statements, tick: NewTick, goal: NewGoal): Promise<StartedGoal> {
  const row = rowOf(tick);
  await statements.insert(scheduleTicks).values(row).onConflictDoNothing();
  const isTick = and(ofSchedule(tick.tenant, tick.scheduleId), eq(scheduleTicks.nominalAt, row.nominalAt));
  const locked = statements.select({ goalId: scheduleTicks.goalId }).from(scheduleTicks).where(isTick).for('update');
  const known = (await locked)[0]?.goalId;
  if (known) return { goalId: known, created: false };
  const started = await createGoal(statements, goal);
  await statements
    .update(scheduleTicks)
    .set({ ...row, goalId: started.goalId, skipped: null })
    .where(isTick);
  if (started.created) {
    const data = { schedule: tick.scheduleId, scheduledAt: row.nominalAt.toISOString(), late: tick.late };
    const events = [{ type: 'scheduled', data } as const];
    await appendEvents(statements, { tenant: goal.tenant, goalId: started.goalId }, { events });
  }
  return started;
}

async function ticks(
  statements: Statements,
  { tenant, id }: { tenant: string; id: string },
  limit: number,
): Promise<readonly StoredTick[]> {
  const { nominalAt, goalId, skipped, late, lateMs } = scheduleTicks;
  const rows = await statements
    .select({ nominalAt, goalId, skipped, late, lateMs, status: goals.status, endedAt: goals.endedAt })
    .from(scheduleTicks)
    .leftJoin(goals, isGoalOfTick)
    .where(ofSchedule(tenant, id))
    .orderBy(desc(nominalAt))
    .limit(limit);
  return rows.map(({ nominalAt: at, endedAt, ...row }) => ({
    ...row,
    scheduledAt: at.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  }));
}
