/** The PostgreSQL servers the store's tests run on: the embedded one, and others when they are there. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/integrations/postgres/embedded.ts';
import { clientConfig, type StoreConnection } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';

const DEBIAN_15 = '/usr/lib/postgresql/15/bin';

interface ServerKind {
  readonly name: string;
  readonly binDir?: string;
  readonly url?: string;
  readonly present: boolean;
}

/** `DATABASE_URL_TEST` names a server where databases may be created. */
const KINDS: readonly ServerKind[] = [
  { name: 'embedded PostgreSQL', present: true },
  { name: 'Debian PostgreSQL 15', binDir: DEBIAN_15, present: existsSync(join(DEBIAN_15, 'postgres')) },
  { name: 'DATABASE_URL_TEST', url: process.env.DATABASE_URL_TEST, present: !!process.env.DATABASE_URL_TEST },
];

/** What a suite gets; valid within its tests. */
export interface StoreContext {
  /** A migrated store with nothing in it but what this file put there. */
  readonly store: Store;
  readonly connection: StoreConnection;
  /** A new empty database on the same server, dropped at the end. */
  newDatabase(): Promise<StoreConnection>;
}

/** Runs the suite on every server; one that is not there is shown as skipped. */
export function describeStore(subject: string, suite: (context: StoreContext) => void): void {
  for (const kind of KINDS) {
    const run = kind.present ? describe : describe.skip;
    run(`${subject} (${kind.name})`, () => suite(prepare(kind)));
  }
}

/** One server per kind and file, stopped after its tests. */
const started = new Map<ServerKind, Promise<StoreConnection>>();
const cleanUps: (() => Promise<void>)[] = [];
afterAll(async () => {
  const failed: unknown[] = [];
  for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error: unknown) => failed.push(error));
  expect(failed).toEqual([]);
});

function serverOf(kind: ServerKind): Promise<StoreConnection> {
  const running =
    started.get(kind) ?? (kind.url === undefined ? startServer(kind) : Promise.resolve({ url: kind.url }));
  started.set(kind, running);
  return running;
}

async function startServer(kind: ServerKind): Promise<StoreConnection> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestrator-store-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL 15 walks to its folder by the whole path, as the user it runs as.
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ dir: folder, ...(kind.binDir ? { binDir: kind.binDir } : {}) });
  cleanUps.push(() => server.stop());
  return server.connection;
}

function prepare(kind: ServerKind): StoreContext {
  let connection: StoreConnection;
  let store: Store;

  async function newDatabase(): Promise<StoreConnection> {
    const server = await serverOf(kind);
    const name = `store_${randomBytes(6).toString('hex')}`;
    await execute(server, `create database ${name}`);
    if (kind.url !== undefined) {
      cleanUps.push(async () => {
        await execute(server, `drop database ${name} with (force)`);
      });
    }
    return withDatabase(server, name);
  }

  beforeAll(async () => {
    connection = await newDatabase();
    store = await openStore({ connection, poolSize: 10 });
    await store.migrate();
  });
  afterAll(() => store?.close());
  return {
    get store() {
      return store;
    },
    get connection() {
      return connection;
    },
    newDatabase,
  };
}

/** Runs one statement on a connection of its own. */
export async function execute(connection: StoreConnection, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(clientConfig(connection, 'store-tests'));
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function withDatabase(server: StoreConnection, database: string): StoreConnection {
  if (!('url' in server)) return { ...server, database };
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}
