/** Snapshots in the store: canonical JSON under its hash. Host side. */
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { failure } from '../core/failures.ts';
import { canonicalJson } from '../core/json.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { sha256 } from './blob-ref.ts';
import type { Database, Statements } from './database.ts';
import { snapshots } from './schema.ts';
import type { Store } from './store.ts';

/** The store's `snapshots`. */
export function createSnapshots(database: Database): Store['snapshots'] {
  return {
    get: (tenant, hash) =>
      database.run(async (statements) => {
        const [row] = await statements
          .select({ body: snapshots.body })
          .from(snapshots)
          .where(and(eq(snapshots.tenant, tenant), eq(snapshots.hash, hash)));
        if (row === undefined) throw failure('store.not-found', `Snapshot ${hash} is missing from the store.`);
        return JSON.parse(row.body) as Snapshot;
      }),
  };
}

/** Stores a snapshot once and returns its hash. */
export async function insertSnapshot(statements: Statements, tenant: string, snapshot: Snapshot): Promise<string> {
  const { hash, insert } = snapshotRow(tenant, snapshot);
  await statements.execute(insert);
  return hash;
}

/** The snapshot's hash, and the statement that stores it once. */
export function snapshotRow(tenant: string, snapshot: Snapshot): { readonly hash: string; readonly insert: SQL } {
  const body = canonicalJson(snapshot);
  const hash = sha256(body);
  const insert = sql`insert into ${snapshots} (tenant, hash, body) values (${tenant}, ${hash}, ${body}) on conflict do nothing`;
  return { hash, insert };
}
