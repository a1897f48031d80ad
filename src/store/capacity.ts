/** Room for requests at each model, shared by all processes: breaker, buckets and the line of those that wait. Host side. */
import { sql } from 'drizzle-orm';
import type { CapacityCall, CapacityNote } from './capacity-types.ts';
import type { Database } from './database.ts';
import { modelGates, SCHEMA_NAME } from './schema.ts';
import type { Store } from './store.ts';

/** All tenants share the API key, and so its limits. */
const EVERYONE = '*';

const called = (name: string) => sql.raw(`${SCHEMA_NAME}.${name}`);
const number = (value: number | undefined) => sql`${value ?? null}::float8`;

/** The store's `capacity`. Its functions stand in migration 0003; `journal.enter` takes room. */
export function createCapacity(database: Database): Store['capacity'] {
  return {
    wait: (call, waitMs) => wait(database, call, waitMs),
    note: (model, note) => noteAnswer(database, model, note),
    async strike(model, { holdMs, tolerated }) {
      await database.run((statements) =>
        statements.execute(
          sql`select ${called('strike_capacity')}(${model}, ${number(holdMs / 1_000)}, ${tolerated}::int)`,
        ),
      );
    },
    async clear(model) {
      await database.run((statements) =>
        statements.execute(
          sql`update ${modelGates} set blocked_until = 'epoch', strikes = 0 where tenant = ${EVERYONE} and model = ${model}`,
        ),
      );
    },
  };
}

async function wait(database: Database, call: CapacityCall, waitMs: number): Promise<{ announce: boolean }> {
  const { rows } = await database.run((statements) =>
    statements.execute<{ announce: boolean }>(
      sql`select ${called('join_capacity_line')}(${callArguments(call)}, ${number(waitMs / 1_000)}) as announce`,
    ),
  );
  return { announce: rows[0]?.announce === true };
}

function callArguments({ model, id, priority, weight, inputTokens, outputTokens }: CapacityCall) {
  return sql`${model}, ${id.tenant}, ${id.goalId}, ${id.taskId}, ${priority}::int, ${number(weight)},
    ${number(inputTokens)}, ${number(outputTokens)}`;
}

async function noteAnswer(database: Database, model: string, note: CapacityNote): Promise<void> {
  const { requests, inputTokens, outputTokens } = note.limits;
  const told = [requests, inputTokens, outputTokens].flatMap((one) => [one?.limit, one?.remaining]).map(number);
  const more = [note.moreInputTokens, note.moreOutputTokens].map(number);
  await database.run((statements) =>
    statements.execute(
      sql`select ${called('note_capacity')}(${model}, ${sql.join([...told, ...more], sql`, `)}, ${note.answered})`,
    ),
  );
}
