/** The table of calls that go through batches. Host side. */
import { index, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { callKey, orchestrator, time, whole } from './schema-columns.ts';

/** Calls sent as part of a batch: the intent, the batch, what became of them. */
export const batchCalls = orchestrator.table(
  'batch_calls',
  {
    ...callKey(),
    submission: text('submission').notNull(),
    /** Calls of the submission. */
    size: integer('size').notNull(),
    attempt: text('attempt').notNull(),
    microUsd: whole('micro_usd').notNull(),
    /** Null: about to be sent, or sent and the answer was lost. */
    batchId: text('batch_id'),
    outcome: text('outcome'),
    intendedAt: time('intended_at').notNull().defaultNow(),
    endedAt: time('ended_at'),
  },
  (t) => [
    primaryKey({ columns: [t.tenant, t.goalId, t.taskId, t.revision, t.turn] }),
    index('batch_calls_submission').on(t.submission),
    index('batch_calls_batch').on(t.batchId),
  ],
);
