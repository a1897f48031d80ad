/** What an embedded instance says of itself in its folder: processes, addresses, state. Host side. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { OrchestratorError } from '../../core/failures.ts';
import type { StoreConnection } from '../../store/connection.ts';
import { isAlive } from './process-identity.ts';
import { writeAtomic } from './write-atomic.ts';

const identitySchema = z.strictObject({ pid: z.int().positive(), startTime: z.string() });

const embeddedStoreSchema = z.union([
  z.strictObject({
    socketDir: z.string(),
    port: z.int(),
    user: z.string(),
    database: z.string(),
    password: z.string().optional(),
  }),
  z.strictObject({ url: z.string() }),
]);

/** Contents of `instance.json`. */
export const instanceRecordSchema = z.strictObject({
  version: z.literal(1),
  state: z.enum(['starting', 'ready', 'stopping']),
  /** The process that runs the instance. */
  up: identitySchema,
  simulate: z.boolean(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Children of `up`; null: not begun, or not ours. */
  servers: z.strictObject({ temporal: identitySchema.nullable(), postgres: identitySchema.nullable() }),
  temporal: z
    .strictObject({ address: z.string(), namespace: z.string(), uiUrl: z.string().nullable() })
    .nullable()
    .describe('null until it is ready'),
  store: z
    .union([embeddedStoreSchema, z.literal('configured')])
    .nullable()
    .describe('null until it is ready; "configured": the database.url of the configuration, which may hold a password'),
  simulatorUrl: z.string().nullable(),
  worker: z
    .strictObject({
      activities: z.int(),
      modelCalls: z.int(),
      toolCalls: z.int(),
      workflowTasks: z.int(),
      cachedWorkflows: z.int(),
      memoryLimitMb: z.int(),
    })
    .optional()
    .describe('slots and memory ceiling of its worker; missing until it runs'),
});
export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

/** An instance as found in a folder. `dead`: its `up` has ended without cleaning up. */
export type FoundInstance =
  | { readonly state: 'running'; readonly record: InstanceRecord }
  | { readonly state: 'dead'; readonly record: InstanceRecord }
  | { readonly state: 'none' };

/** Path of the record in an instance's folder. */
export function recordPath(dir: string): string {
  return join(dir, 'instance.json');
}

/** The record of the folder; undefined when there is none. `instance.record-invalid` when it cannot be understood. */
export async function readInstance(dir: string): Promise<InstanceRecord | undefined> {
  const path = recordPath(dir);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw invalid(path, error);
  });
  if (text === undefined) return undefined;
  try {
    return instanceRecordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw invalid(path, error);
  }
}

function invalid(path: string, cause: unknown): OrchestratorError {
  return new OrchestratorError('instance.record-invalid', `${path} cannot be read or is of another version.`, {
    remedy: 'Start the instance anew with `orchestrator up`: it writes the file again.',
    facts: { path },
    cause,
  });
}

/** Whether an instance runs in the folder; its record when there is one. */
export async function findInstance(dir: string): Promise<FoundInstance> {
  const record = await readInstance(dir);
  if (!record) return { state: 'none' };
  return { state: (await isAlive(record.up)) ? 'running' : 'dead', record };
}

/** Writes the record (mode 0600, atomically). */
export async function writeInstance(dir: string, record: InstanceRecord): Promise<void> {
  await writeAtomic(recordPath(dir), `${JSON.stringify(record, null, 2)}\n`);
}

/** Removes the record; no error when there is none. */
export async function removeInstance(dir: string): Promise<void> {
  await rm(recordPath(dir), { force: true });
}

/** How to reach the store of a recorded instance; `instance.starting` when it is not up yet. */
export function recordedStore(record: InstanceRecord, databaseUrl: string | undefined): StoreConnection {
  if (record.store !== null && record.store !== 'configured') return record.store;
  if (record.store === null) {
    throw new OrchestratorError('instance.starting', 'The instance is still starting: its store is not up yet.', {
      remedy: 'Wait until `orchestrator status` says that it is ready.',
      facts: { pid: record.up.pid },
    });
  }
  if (databaseUrl !== undefined) return { url: databaseUrl };
  throw new OrchestratorError('instance.other-store', 'The instance uses a database of its own configuration.', {
    remedy: 'Set the same `database.url` (DATABASE_URL) here as where `orchestrator up` was started.',
    facts: { pid: record.up.pid },
  });
}
