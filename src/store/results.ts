/** Submitted results of tasks, with their texts. Host side. */
import { failure } from '../core/failures.ts';
import { ask } from './ask.ts';
import type { Database } from './database.ts';
import { SCHEMA_NAME } from './schema.ts';
import type { Store, TaskResult } from './store.ts';
import type { Batch, Lines } from './together.ts';

const RESULT = 'r.goal_id, r.task_id, r.revision, r.output_hash, r.output_bytes, r.summary, r.evidence, b.bytes';
const TEXT = `left join ${SCHEMA_NAME}.blobs b on b.tenant = r.tenant and b.hash = r.output_hash`;

/**
 * One statement for results and texts: tasks with many dependencies would else read them one by one. $2, $3: goal and task, pair by pair.
 * Each pair is looked up in the index, whatever the planner knows of the table: a join may read all that the tenant has.
 */
const LATEST = `
  select ${RESULT}
  from (select distinct * from unnest($2::text[], $3::text[])) as w(goal_id, task_id)
  cross join lateral (select * from ${SCHEMA_NAME}.task_results r
    where r.tenant = $1 and r.goal_id = w.goal_id and r.task_id = w.task_id order by r.revision desc limit 1) r
  ${TEXT} order by r.goal_id, r.task_id`;
const OF_REVISION = `
  select ${RESULT} from ${SCHEMA_NAME}.task_results r ${TEXT}
  where r.tenant = $1 and r.goal_id = $2 and r.task_id = $3 and r.revision = $4`;

interface ResultRow {
  readonly goal_id: string;
  readonly task_id: string;
  readonly revision: number;
  readonly output_hash: string;
  readonly output_bytes: number;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly bytes: Uint8Array | null;
}

interface Wish {
  readonly tenant: string;
  readonly goalId: string;
  readonly taskIds: readonly string[];
}

/** The store's `results`. */
export function createResults(database: Database, lines: Lines): Store['results'] {
  const read = (text: string, values: readonly unknown[]) =>
    database.run((statements) => ask<ResultRow>(statements, text, values));
  const latest = lines.together({
    send: async (wishes: Batch<Wish>) => {
      const pairs = wishes.flatMap(({ goalId, taskIds }) => taskIds.map((taskId) => [goalId, taskId] as const));
      const columns = [pairs.map(([goalId]) => goalId), pairs.map(([, taskId]) => taskId)];
      const rows = await read(LATEST, [wishes[0].tenant, ...columns]);
      return wishes.map(({ goalId, taskIds }) =>
        rows.filter((row) => row.goal_id === goalId && taskIds.includes(row.task_id)).map(toResult),
      );
    },
    about: ({ goalId }) => goalId,
  });
  return {
    latest: async (tenant, goalId, taskIds) =>
      taskIds.length === 0 ? [] : latest(tenant, { tenant, goalId, taskIds }),
    get: async (...key) => (await read(OF_REVISION, key)).map(toResult)[0],
  };
}

function toResult(row: ResultRow): TaskResult {
  const { task_id: taskId, revision, output_hash: hash, output_bytes: bytes, summary, evidence } = row;
  if (row.bytes === null) throw failure('store.not-found', `Blob ${hash} is missing from the store.`);
  return { taskId, revision, output: { hash, bytes }, text: new TextDecoder().decode(row.bytes), summary, evidence };
}
