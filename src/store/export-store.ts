/** Writes the whole store as JSON lines, at one moment in time, in constant memory. Host side. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { clientConfig, type StoreConnection } from './connection.ts';
import { schemaVersion } from './migrate.ts';
import {
  TRANSFER_TABLES,
  TRANSFER_VERSION,
  type TransferCounts,
  type TransferHeader,
  type TransferTable,
} from './transfer-format.ts';
import { storeError } from './unavailable.ts';

const BATCH = 500;
/** A blob may have 25 MB. */
const BYTES_BATCH = 4;

/** Exports every table and returns the rows by table. `output` is not ended. */
export async function exportStore(connection: StoreConnection, output: Writable): Promise<TransferCounts> {
  const client = new pg.Client(clientConfig(connection, 'orchestrator-export'));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin isolation level repeatable read read only');
    const counts = await exportTables(client, output);
    await client.query('commit');
    return counts;
  } catch (error) {
    throw storeError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function exportTables(client: pg.Client, output: Writable): Promise<TransferCounts> {
  const header: TransferHeader = {
    format: 'ai-orchestrator-store',
    version: TRANSFER_VERSION,
    schema: await schemaVersion(),
    exportedAt: new Date().toISOString(),
  };
  await write(output, JSON.stringify(header));
  const counts: Record<string, number> = {};
  for (const table of TRANSFER_TABLES) counts[table.name] = await exportTable(client, table, output);
  await write(output, JSON.stringify({ end: true, rows: counts }));
  return counts;
}

async function exportTable(client: pg.Client, table: TransferTable, output: Writable): Promise<number> {
  const members = table.columns.map((name) => `'${name}', ${name === table.bytes ? base64(name) : `"${name}"`}`);
  await client.query(
    `declare rows no scroll cursor for
       select json_build_object('table', '${table.name}', 'row', json_build_object(${members.join(', ')}))::text as line
       from ${table.sql}`,
  );
  let count = 0;
  for (;;) {
    const { rows } = await client.query<{ line: string }>(
      `fetch ${table.bytes === undefined ? BATCH : BYTES_BATCH} from rows`,
    );
    for (const { line } of rows) await write(output, line);
    count += rows.length;
    if (rows.length === 0) break;
  }
  await client.query('close rows');
  return count;
}

/** PostgreSQL breaks base64 into lines. */
function base64(column: string): string {
  return `translate(encode("${column}", 'base64'), E'\\n', '')`;
}

async function write(output: Writable, line: string): Promise<void> {
  if (!output.write(`${line}\n`)) await once(output, 'drain');
}
