/** Brings a database to this version's tables, one process at a time. Host side. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { OrchestratorError } from '../core/failures.ts';
import { clientConfig, type StoreConnection } from './connection.ts';
import { SCHEMA_NAME } from './schema.ts';
import { storeError } from './unavailable.ts';

/** `/migrations` of the package: two levels up from `src/store` as from `dist/store`. */
const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const MIGRATIONS_TABLE = 'migrations';
/** Any number of our own; the lock is per database. */
const LOCK = 7_241_960_021;

/** Applies what is missing under an advisory lock. A database of a newer version gives `store.newer`. */
export async function migrateStore(connection: StoreConnection): Promise<void> {
  const client = new pg.Client(clientConfig(connection, 'orchestrator-migrate'));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await refuseNewer(client);
    await migrate(drizzle(client), {
      migrationsFolder: MIGRATIONS,
      migrationsSchema: SCHEMA_NAME,
      migrationsTable: MIGRATIONS_TABLE,
    });
  } catch (error) {
    throw storeError(error);
  } finally {
    // Ends the session, and with it the lock.
    await client.end().catch(() => undefined);
  }
}

/** The version of the tables that this code has: the time stamp of its last migration. */
export async function schemaVersion(): Promise<number> {
  const journal = JSON.parse(await readFile(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as {
    entries: { when: number }[];
  };
  return Math.max(...journal.entries.map((entry) => entry.when));
}

async function refuseNewer(client: pg.Client): Promise<void> {
  const table = `${SCHEMA_NAME}.${MIGRATIONS_TABLE}`;
  const { rows } = await client.query('select to_regclass($1) is not null as found', [table]);
  if (rows[0]?.found !== true) return;
  const applied = await client.query(`select coalesce(max(created_at), 0)::float8 as version from ${table}`);
  const found = Number(applied.rows[0]?.version);
  const known = await schemaVersion();
  if (found <= known) return;
  throw new OrchestratorError('store.newer', 'The database was migrated by a newer version of the orchestrator.', {
    remedy: 'Run that version or a later one; data is not changed back.',
    facts: { found, known },
  });
}
