/** What a call of a goal costs the database, however many calls the goal has made before. */
import type { StoreConnection } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { asking, callId, gate, newGoal, submittingCall, TENANT } from './samples.ts';
import { describeStore, execute } from './servers.ts';

const READ = `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_user_tables
  where schemaname = 'orchestrator' and relname <> 'migrations'`;
/** A server process tells what it read when it ends at the latest. */
const OTHERS =
  "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";

/** Does `work` on a connection of its own; the rows that the database read for it, of tables and by their indexes. */
async function rowsReadBy(connection: StoreConnection, work: (store: Store) => Promise<void>): Promise<number> {
  const rowsRead = async () => {
    await until(async () => (await execute(connection, OTHERS)).length === 0);
    return Number((await execute(connection, READ))[0]?.rows);
  };
  const before = await rowsRead();
  const store = await openStore({ connection, poolSize: 1 });
  try {
    await work(store);
  } finally {
    await store.close();
  }
  return (await rowsRead()) - before;
}

describeStore('a long goal', (context) => {
  it('its 400th call → reads as few rows as its 20th: to enter, to record, and of the results it builds on (G11, G26)', async () => {
    const connection = await context.newDatabase();
    let goalId = '';
    let revision = 0;
    const calls = (count: number) =>
      rowsReadBy(connection, async (store) => {
        for (const end = revision + count; revision < end; revision++) {
          const id = callId(goalId, { revision });
          await store.journal.enter(id, asking(id, 10), gate('long', id));
          await store.journal.record(submittingCall(id, `result ${revision}`));
          const [latest] = await store.results.latest(TENANT, goalId, ['a', 'b']);
          expect(latest?.revision).toBe(revision);
        }
      });
    await rowsReadBy(connection, async (store) => {
      await store.migrate();
      goalId = await newGoal(store);
    });
    await calls(20);
    const early = await calls(20);
    await calls(360);
    const late = await calls(20);
    expect(early).toBeGreaterThan(20);
    expect(late).toBeLessThan(1.2 * early);
  });
});
