/** What the setup of integration tests started: addresses, a fresh database, the workflow bundle. Integration tests only. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { clientConfig, type StoreConnection } from '../../src/store/connection.ts';

/** The Temporal server of this run, with a task queue that nobody else uses. */
export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
}

/** An empty database that nobody else uses. */
export interface TestDatabase {
  readonly connection: StoreConnection;
  drop(): Promise<void>;
}

/** The running dev server; search attributes are registered. Errors: when the test is no `*.int.test.ts`. */
export function testTemporal(): TestTemporal {
  return {
    address: fromSetup('TEST_TEMPORAL_ADDRESS'),
    namespace: fromSetup('TEST_TEMPORAL_NAMESPACE'),
    taskQueue: `test-${unique()}`,
  };
}

/** Path of the workflow bundle built from the sources as they are. */
export function workflowBundlePath(): string {
  return fromSetup('TEST_WORKFLOW_BUNDLE');
}

/**
 * Creates a database, empty and not migrated; `drop` ends what is connected to it. With `TEST_DATABASE_URL` in the
 * environment it is created on that server, so that the same tests run on another PostgreSQL.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = serverConnection();
  const name = `test_${unique()}`;
  await execute(server, `CREATE DATABASE ${name}`);
  return {
    connection: withDatabase(server, name),
    drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

function serverConnection(): StoreConnection {
  const url = process.env.TEST_DATABASE_URL;
  return url ? { url } : (JSON.parse(fromSetup('TEST_POSTGRES')) as StoreConnection);
}

function withDatabase(server: StoreConnection, database: string): StoreConnection {
  if (!('url' in server)) return { ...server, database };
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}

async function execute(connection: StoreConnection, statement: string): Promise<void> {
  const client = new pg.Client(clientConfig(connection, 'orchestrator-tests'));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function unique(): string {
  return randomBytes(6).toString('hex');
}

function fromSetup(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: a test that needs servers is named *.int.test.ts`);
  return value;
}
