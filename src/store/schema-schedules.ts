/** The tables of schedules. Host side. */
import { sql } from 'drizzle-orm';
import { boolean, index, primaryKey, text } from 'drizzle-orm/pg-core';
import type { Schedule } from '../core/schedule.ts';
import { json, orchestrator, tenant, time, whole } from './schema-columns.ts';

/** Schedules as people defined them; what fires them is at the Temporal server. */
export const schedules = orchestrator.table(
  'schedules',
  {
    tenant: tenant(),
    scheduleId: text('schedule_id').notNull(),
    definition: json<Schedule>('definition').notNull(),
    hash: text('hash').notNull(),
    author: text('author').notNull(),
    simulated: boolean('simulated').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.scheduleId] })],
);

/** Ticks that reached a worker: one row per nominal time, with its goal or the reason why it has none. */
export const scheduleTicks = orchestrator.table(
  'schedule_ticks',
  {
    tenant: tenant(),
    scheduleId: text('schedule_id').notNull(),
    nominalAt: time('nominal_at').notNull(),
    goalId: text('goal_id'),
    skipped: text('skipped'),
    late: boolean('late').notNull(),
    lateMs: whole('late_ms').notNull(),
    /** Of the definition that it followed. */
    hash: text('hash').notNull(),
    at: time('at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenant, t.scheduleId, t.nominalAt] }),
    index('schedule_ticks_goal').on(t.tenant, t.goalId).where(sql`goal_id is not null`),
  ],
);
