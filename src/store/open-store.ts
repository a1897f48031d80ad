/** Opens the store: one pool and one listening connection behind the `Store` interface. Host side. */
import { sql } from 'drizzle-orm';
import { createApprovals } from './approvals.ts';
import { createBatchCalls } from './batches.ts';
import { createBlobs } from './blobs.ts';
import { createBudget } from './budget.ts';
import { createCapacity } from './capacity.ts';
import type { StoreConnection } from './connection.ts';
import { createConversations } from './conversations.ts';
import { openDatabase } from './database.ts';
import { createEvents } from './events.ts';
import { createForecasts } from './forecasts.ts';
import { createForks } from './forks.ts';
import { createGoals } from './goals.ts';
import { createHalts } from './halts.ts';
import { createJournal } from './journal.ts';
import { createListener } from './listener.ts';
import { migrateStore } from './migrate.ts';
import { createPlans } from './plans.ts';
import { createResults } from './results.ts';
import { createSchedules } from './schedules.ts';
import { createSnapshots } from './snapshots.ts';
import type { Store } from './store.ts';
import { createLines } from './together.ts';
import { createToolCalls } from './tool-calls.ts';
import { createTranscripts } from './transcripts.ts';

/** `poolSize`: connections at once, 20 by default, and one more that listens while something is watched. */
export interface OpenStoreOptions {
  readonly connection: StoreConnection;
  readonly poolSize?: number;
  /** Shown by PostgreSQL's `pg_stat_activity`; `orchestrator` by default. */
  readonly applicationName?: string;
}

/** Connects once to see that the database answers (`store.unavailable` when not). Does not migrate. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { connection, poolSize = 20, applicationName = 'orchestrator' } = options;
  const database = openDatabase(connection, poolSize, applicationName);
  const lines = createLines();
  const listener = createListener(connection, `${applicationName}-listen`);
  const ping = async () => {
    await database.run((statements) => statements.execute(sql`select 1`));
  };
  const close = async () => {
    await listener.close();
    await database.close();
  };
  await ping().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    goals: createGoals(database),
    blobs: createBlobs(database),
    snapshots: createSnapshots(database),
    plans: createPlans(database),
    forks: createForks(database),
    journal: createJournal(database, lines),
    transcripts: createTranscripts(database),
    tools: createToolCalls(database),
    results: createResults(database, lines),
    conversations: createConversations(database),
    forecasts: createForecasts(database),
    approvals: createApprovals(database),
    halts: createHalts(database),
    events: createEvents(database, listener),
    batches: createBatchCalls(database),
    budget: createBudget(database),
    capacity: createCapacity(database),
    schedules: createSchedules(database),
    migrate: () => migrateStore(connection),
    ping,
    close,
  };
}
