/** Content-addressed bytes in the store. Host side. */
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { failure } from '../core/failures.ts';
import { blobRef } from './blob-ref.ts';
import type { Database, Statements } from './database.ts';
import { blobs } from './schema.ts';
import type { Store } from './store.ts';

/** The store's `blobs`. */
export function createBlobs(database: Database): Store['blobs'] {
  const get = (tenant: string, hash: string) => database.run((statements) => readBlob(statements, tenant, hash));
  return {
    async put(tenant, bytes) {
      await database.run((statements) => insertBlobs(statements, tenant, [bytes]));
      return blobRef(bytes);
    },
    get,
    async getText(tenant, hash) {
      return new TextDecoder().decode(await get(tenant, hash));
    },
  };
}

/** A blob's bytes; `store.not-found` when missing. */
export async function readBlob(statements: Statements, tenant: string, hash: string): Promise<Uint8Array> {
  const [row] = await statements
    .select({ bytes: blobs.bytes })
    .from(blobs)
    .where(and(eq(blobs.tenant, tenant), eq(blobs.hash, hash)));
  if (row === undefined) throw failure('store.not-found', `Blob ${hash} is missing from the store.`);
  return row.bytes;
}

/** Stores blobs that are not there yet. */
export async function insertBlobs(statements: Statements, tenant: string, all: readonly Uint8Array[]): Promise<void> {
  if (all.length > 0) await statements.execute(blobStatement(tenant, all));
}

/** The insert as a statement or `with` part. In order of the hash, so that two writers of the same blobs cannot deadlock. */
export function blobStatement(tenant: string, all: readonly Uint8Array[]): SQL {
  const byHash = new Map(all.map((bytes) => [blobRef(bytes).hash, bytes]));
  const sorted = [...byHash].sort(([a], [b]) => (a < b ? -1 : 1));
  const values = sorted.map(([hash, bytes]) => sql`(${tenant}, ${hash}, ${Buffer.from(bytes)}::bytea)`);
  return sql`insert into ${blobs} (tenant, hash, bytes) values ${sql.join(values, sql`, `)} on conflict do nothing`;
}
