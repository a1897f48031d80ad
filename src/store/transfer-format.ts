/** The file of an exported store: JSON lines, a header, the rows table by table, a footer with their counts. Pure. */
import { getTableColumns, getTableName } from 'drizzle-orm';
import { OrchestratorError } from '../core/failures.ts';
import { blobs, SCHEMA_NAME, TABLES } from './schema.ts';

/** Changes when old files can no longer be read. */
export const TRANSFER_VERSION = 1;

/** First line. `schema`: the tables' version, the time stamp of their last migration. */
export interface TransferHeader {
  readonly format: 'ai-orchestrator-store';
  readonly version: number;
  readonly schema: number;
  readonly exportedAt: string;
}

/** Rows by table. */
export type TransferCounts = Readonly<Record<string, number>>;

/** A table as a transfer sees it. */
export interface TransferTable {
  readonly name: string;
  /** Qualified and quoted. */
  readonly sql: string;
  readonly columns: readonly string[];
  /** The column whose bytes go as base64. */
  readonly bytes: string | undefined;
}

/** Every table, in the order of the file. */
export const TRANSFER_TABLES: readonly TransferTable[] = TABLES.map((table) => ({
  name: getTableName(table),
  sql: `"${SCHEMA_NAME}"."${getTableName(table)}"`,
  columns: Object.values(getTableColumns(table)).map((column) => column.name),
  bytes: table === blobs ? 'bytes' : undefined,
}));

/** The file cannot be read, or not by this version. */
export function transferError(message: string, facts: Record<string, unknown> = {}): OrchestratorError {
  return new OrchestratorError('store.import-refused', message, {
    remedy: 'Nothing was imported. Use a whole export of this version, and an empty database.',
    facts,
  });
}
