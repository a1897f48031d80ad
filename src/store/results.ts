/** Submitted results of tasks, with their texts. Host side. */
import { failure } from '../core/failures.ts';
import { ask } from './ask.ts';
import type { Database } from './database.ts';
import { SCHEMA_NAME } from './schema.ts';
import type { Store, TaskResult } from './store.ts';
import type { Batch, Lines } from './together.ts';

/** One statement for results and texts: tasks with many dependencies would else read them one by one. */
const resultsWhere = (wanted: string) => `
  select distinct on (r.task_id) r.task_id, r.revision, r.output_hash, r.output_bytes, r.summary, r.evidence, b.bytes
  from ${SCHEMA_NAME}.task_results r
  left join ${SCHEMA_NAME}.blobs b on b.tenant = r.tenant and b.hash = r.output_hash
  where r.tenant = $1 and r.goal_id = $2 and ${wanted} order by r.task_id, r.revision desc`;
const LATEST = resultsWhere('r.task_id = any($3::text[])');
const OF_REVISION = resultsWhere('r.task_id = $3 and r.revision = $4');

interface ResultRow {
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
  const read = async (text: string, values: readonly unknown[]) =>
    (await database.run((statements) => ask<ResultRow>(statements, text, values))).map(toResult);
  const latest = lines.together({
    send: async (wishes: Batch<Wish>) => {
      const { tenant, goalId } = wishes[0];
      const all = await read(LATEST, [tenant, goalId, [...new Set(wishes.flatMap(({ taskIds }) => taskIds))]]);
      return wishes.map(({ taskIds }) => all.filter(({ taskId }) => taskIds.includes(taskId)));
    },
  });
  return {
    latest: async (tenant, goalId, taskIds) =>
      taskIds.length === 0 ? [] : latest(`${tenant}/${goalId}`, { tenant, goalId, taskIds }),
    get: async (...key) => (await read(OF_REVISION, key))[0],
  };
}

function toResult(row: ResultRow): TaskResult {
  const { task_id: taskId, revision, output_hash: hash, output_bytes: bytes, summary, evidence } = row;
  if (row.bytes === null) throw failure('store.not-found', `Blob ${hash} is missing from the store.`);
  return { taskId, revision, output: { hash, bytes }, text: new TextDecoder().decode(row.bytes), summary, evidence };
}
