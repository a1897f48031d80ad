/** Columns that many tables have, and the schema they stand in. Host side. */
import { bigint, customType, integer, pgSchema, text, timestamp } from 'drizzle-orm/pg-core';
import { toJsonText } from './clean-json.ts';

/** Our tables stand in a schema of their own, so that a database may be shared. */
export const SCHEMA_NAME = 'orchestrator';
/** The schema. */
export const orchestrator = pgSchema(SCHEMA_NAME);

/** Bytes. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});
/** `jsonb` whose values pass through `toJsonText`. */
export const json = <T>(name: string) =>
  customType<{ data: T; driverData: string }>({ dataType: () => 'jsonb', toDriver: toJsonText })(name);
/** Who everything belongs to. */
export const tenant = () => text('tenant').notNull();
export const goalId = () => text('goal_id').notNull();
export const taskId = () => text('task_id').notNull();
/** To the millisecond, with the time zone. */
export const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
/** Money is integer micro-USD; tokens and sequence numbers likewise stay far below 2^53. */
export const whole = (name: string) => bigint(name, { mode: 'number' });
/** A counter from 0. */
export const count = (name: string) => integer(name).notNull().default(0);

/** The key of a model call. */
export const callKey = () => ({
  tenant: tenant(),
  goalId: goalId(),
  taskId: taskId(),
  revision: integer('revision').notNull(),
  turn: integer('turn').notNull(),
});
