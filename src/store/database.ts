/** A pool of connections with one way to run statements: every connection error becomes `store.unavailable`. Host side. */
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { OrchestratorError } from '../core/failures.ts';
import { clientConfig, type StoreConnection } from './connection.ts';
import { type PreparedStatements, prepareStatements } from './prepared-statements.ts';
import { isUnavailable, storeError } from './unavailable.ts';

/** What statements are run on: the pool, or one connection within a transaction; `$client` takes those that are not built. */
export type Statements = NodePgDatabase & { readonly $client: pg.Pool | pg.PoolClient };

export interface Database {
  /** Runs single statements, each a transaction of its own. */
  run<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** Runs `work` in one transaction. `snapshot`: read only, all statements see one moment. */
  transaction<T>(work: (statements: Statements) => Promise<T>, mode?: 'write' | 'snapshot'): Promise<T>;
  close(): Promise<void>;
}

/** A statement without an answer for so long is given up (a black-holed network). */
const QUERY_TIMEOUT_MS = 30_000;
/** A stopped process must not hold a goal's row for ever. */
const CONNECTION_SETTINGS = 'set idle_in_transaction_session_timeout = 15000';
const BEGIN = { write: 'begin', snapshot: 'begin isolation level repeatable read read only' } as const;

/** Opens a pool of at most `poolSize` connections; connects on first use. */
export function openDatabase(connection: StoreConnection, poolSize: number, applicationName: string): Database {
  const config = { ...clientConfig(connection, applicationName), query_timeout: QUERY_TIMEOUT_MS };
  const onConnect = (client: pg.ClientBase) => client.query(CONNECTION_SETTINGS);
  const pool = new pg.Pool({ ...config, max: poolSize, idleTimeoutMillis: 30_000, onConnect });
  pool.on('error', () => undefined);
  // A connection that breaks says so to its statement; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const statements = prepareStatements();
  const onPool = drizzle(statements.on(pool));
  const guarded = <T>(work: () => Promise<T>) =>
    pool.ending ? Promise.reject(closed()) : work().catch((error) => Promise.reject(known(statements, error)));
  return {
    run: (work) => guarded(async () => work(onPool)),
    transaction: (work, mode = 'write') =>
      guarded(() => transact(pool, (client) => work(drizzle(statements.on(client))), BEGIN[mode])),
    close: () => pool.end(),
  };
}

function closed(): OrchestratorError {
  return new OrchestratorError('store.closed', 'The connection to the store was closed here.', {
    remedy: 'Connect anew.',
  });
}

function known(statements: PreparedStatements, error: unknown): unknown {
  statements.failed(error);
  return storeError(error);
}

async function transact<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>, begin: string): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    broken = isUnavailable(error) || !(await rollback(client));
    throw error;
  } finally {
    client.release(broken);
  }
}

async function rollback(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}
