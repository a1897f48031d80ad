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
      await database.run((statements) => insertBlob(statements, tenant, bytes));
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

/** Stores a blob unless it is there. */
export async function insertBlob(statements: Statements, tenant: string, bytes: Uint8Array): Promise<void> {
  await statements.execute(blobInsert(tenant, bytes));
}

/** The statement that stores a blob unless it is there. */
export function blobInsert(tenant: string, bytes: Uint8Array): SQL {
  return sql`
    insert into ${blobs} (tenant, hash, bytes) values (${tenant}, ${blobRef(bytes).hash}, ${Buffer.from(bytes)})
    on conflict do nothing`;
}

/** Distinct blobs as columns, in order of the hash, so that two writers of the same ones cannot deadlock. */
export function blobColumns(all: readonly Uint8Array[]): { hashes: readonly string[]; bytes: readonly Buffer[] } {
  const byHash = new Map(all.map((bytes) => [blobRef(bytes).hash, bytes]));
  const hashes = [...byHash.keys()].sort();
  const bytes = hashes.map((hash) => Buffer.from(byHash.get(hash) ?? []));
  return { hashes, bytes };
}
