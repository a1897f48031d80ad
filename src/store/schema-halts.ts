/** The table of the kill switch. Host side. */
import { primaryKey, text } from 'drizzle-orm/pg-core';
import { goalId, orchestrator, tenant, time } from './schema-columns.ts';

/** What must not send or run anything now: a goal, a tenant (goal `*`), or all (both `*`). */
export const halts = orchestrator.table(
  'halts',
  {
    tenant: tenant(),
    goalId: goalId(),
    by: text('by').notNull(),
    reason: text('reason').notNull(),
    since: time('since').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.goalId] })],
);
