/** Reads an exported store into an empty, migrated database, in one transaction. Host side. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import pg from 'pg';
import { clientConfig, type StoreConnection } from './connection.ts';
import { schemaVersion } from './migrate.ts';
import {
  TRANSFER_TABLES,
  TRANSFER_VERSION,
  type TransferCounts,
  type TransferTable,
  transferError,
} from './transfer-format.ts';
import { storeError } from './unavailable.ts';

const BATCH_ROWS = 500;
const BATCH_CHARACTERS = 8 * 1024 * 1024;

/** Imports the file and returns the rows by table. `store.import-refused`: not empty, cut, or of another version. */
export async function importStore(connection: StoreConnection, input: Readable): Promise<TransferCounts> {
  const client = new pg.Client(clientConfig(connection, 'orchestrator-import'));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin');
    await refuseUsed(client);
    const counts = await importLines(client, linesOf(input));
    await client.query('commit');
    return counts;
  } catch (error) {
    throw storeError(error);
  } finally {
    // Without a commit this undoes everything.
    await client.end().catch(() => undefined);
  }
}

/** The lines of a stream. Unlike `readline` it passes on the stream's errors. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of input) {
    const parts = decoder.write(chunk as Buffer).split('\n');
    parts[0] = rest + (parts[0] ?? '');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}

/** No other writer, and no row. */
async function refuseUsed(client: pg.Client): Promise<void> {
  for (const table of TRANSFER_TABLES) {
    await client.query(`lock table ${table.sql} in exclusive mode`);
    const { rows } = await client.query(`select exists(select 1 from ${table.sql}) as used`);
    if (rows[0]?.used === true) throw transferError(`The store is not empty: ${table.name} has rows.`);
  }
}

async function importLines(client: pg.Client, lines: AsyncIterable<string>): Promise<TransferCounts> {
  const importer = createImporter(client);
  let footer: TransferCounts | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    const value = parse(line, number);
    if (number === 1) await checkHeader(value);
    else if (value.end === true) footer = value.rows as TransferCounts;
    else await importer.add(value, { number, size: line.length });
  }
  if (footer === undefined) throw transferError(`The file ends after line ${number}, before its footer: it was cut.`);
  return await importer.finish(footer);
}

function parse(line: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw transferError(`Line ${number} is not a JSON object.`, { line: number });
}

async function checkHeader(header: Readonly<Record<string, unknown>>): Promise<void> {
  if (header.format !== 'ai-orchestrator-store') throw transferError('The file is not an exported store.');
  const schema = await schemaVersion();
  if (header.version === TRANSFER_VERSION && typeof header.schema === 'number' && header.schema <= schema) return;
  throw transferError('The file was exported by a newer version of the orchestrator.', {
    found: header.schema,
    schema,
  });
}

/** Collects rows of one table and writes them in batches. */
function createImporter(client: pg.Client) {
  const counts: Record<string, number> = Object.fromEntries(TRANSFER_TABLES.map((table) => [table.name, 0]));
  let table: TransferTable | undefined;
  let rows: unknown[] = [];
  let size = 0;

  async function flush(): Promise<void> {
    if (table === undefined || rows.length === 0) return;
    await client.query(insertStatement(table), [JSON.stringify(rows)]);
    counts[table.name] = (counts[table.name] ?? 0) + rows.length;
    rows = [];
    size = 0;
  }

  return {
    async add(value: Readonly<Record<string, unknown>>, line: { number: number; size: number }): Promise<void> {
      const next = TRANSFER_TABLES.find((one) => one.name === value.table);
      if (next === undefined) throw transferError(`Line ${line.number} names no table of ours.`, { line: line.number });
      if (next !== table || rows.length >= BATCH_ROWS || size >= BATCH_CHARACTERS) await flush();
      table = next;
      rows.push(value.row);
      size += line.size;
    },
    async finish(footer: TransferCounts): Promise<TransferCounts> {
      await flush();
      const off = TRANSFER_TABLES.find(({ name }) => counts[name] !== (footer[name] ?? 0));
      if (off !== undefined)
        throw transferError(`The file has ${counts[off.name]} rows of ${off.name}, not as it says.`);
      return counts;
    },
  };
}

/** Columns the file does not have (an older version's) stay at null. */
function insertStatement(table: TransferTable): string {
  const names = table.columns.map((name) => `"${name}"`).join(', ');
  if (table.bytes === undefined) {
    return `insert into ${table.sql} (${names}) select ${names} from jsonb_populate_recordset(null::${table.sql}, $1::jsonb)`;
  }
  const values = table.columns.map((name) =>
    name === table.bytes
      ? `decode(r->>'${name}', 'base64')`
      : `(jsonb_populate_record(null::${table.sql}, r - '${table.bytes}'))."${name}"`,
  );
  return `insert into ${table.sql} (${names}) select ${values.join(', ')} from jsonb_array_elements($1::jsonb) as r`;
}
