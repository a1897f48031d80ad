/** Submitted results of tasks, with their texts. Host side. */
import { and, desc, eq, inArray, type SQL } from 'drizzle-orm';
import { failure } from '../core/failures.ts';
import type { Database, Statements } from './database.ts';
import { blobs, taskResults } from './schema.ts';
import type { Store, TaskResult } from './store.ts';

/** The store's `results`. */
export function createResults(database: Database): Store['results'] {
  return {
    async latest(tenant, goalId, taskIds) {
      if (taskIds.length === 0) return [];
      const wanted = inArray(taskResults.taskId, [...taskIds]);
      return database.run((statements) => latestOf(statements, ofGoal(tenant, goalId, wanted)));
    },
    async get(...[tenant, goalId, taskId, revision]) {
      const wanted = and(eq(taskResults.taskId, taskId), eq(taskResults.revision, revision));
      const [result] = await database.run((statements) => latestOf(statements, ofGoal(tenant, goalId, wanted)));
      return result;
    },
  };
}

function ofGoal(tenant: string, goalId: string, wanted: SQL | undefined): SQL | undefined {
  return and(eq(taskResults.tenant, tenant), eq(taskResults.goalId, goalId), wanted);
}

/** One statement for results and texts: tasks with many dependencies would else read them one by one. */
async function latestOf(statements: Statements, where: SQL | undefined): Promise<TaskResult[]> {
  const rows = await statements
    .selectDistinctOn([taskResults.taskId], { result: taskResults, text: blobs.bytes })
    .from(taskResults)
    .leftJoin(blobs, and(eq(blobs.tenant, taskResults.tenant), eq(blobs.hash, taskResults.outputHash)))
    .where(where)
    .orderBy(taskResults.taskId, desc(taskResults.revision));
  return rows.map(({ result, text }) => toResult(result, text));
}

function toResult(row: typeof taskResults.$inferSelect, text: Uint8Array | null): TaskResult {
  const { taskId, revision, outputHash, outputBytes, summary, evidence } = row;
  if (text === null) throw failure('store.not-found', `Blob ${outputHash} is missing from the store.`);
  const output = { hash: outputHash, bytes: outputBytes };
  return { taskId, revision, output, text: new TextDecoder().decode(text), summary, evidence };
}
