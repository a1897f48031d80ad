/** The kill switch: what must not send or run anything now. Host side. */
import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { halts } from './schema.ts';
import type { Halt, Store } from './store.ts';

/** The store's `halts`. */
export function createHalts(database: Database): Store['halts'] {
  return {
    async set({ tenant, goalId, by, reason }) {
      await database.run((statements) =>
        statements
          .insert(halts)
          .values({ tenant, goalId, by, reason })
          .onConflictDoUpdate({ target: [halts.tenant, halts.goalId], set: { by, reason, since: sql`now()` } }),
      );
    },
    async clear({ tenant, goalId }) {
      const { rowCount } = await database.run((statements) =>
        statements.execute(sql`delete from ${halts} where tenant = ${tenant} and goal_id = ${goalId}`),
      );
      return (rowCount ?? 0) > 0;
    },
    async list() {
      const rows = await database.run((statements) => statements.select().from(halts).orderBy(halts.since));
      return rows.map((row): Halt => ({ ...row, since: row.since.toISOString() }));
    },
  };
}
