/** Submitted results of tasks. Host side. */
import { and, desc, eq, inArray } from 'drizzle-orm';
import type { Database } from './database.ts';
import { taskResults } from './schema.ts';
import type { Store, TaskResult } from './store.ts';

/** The store's `results`. */
export function createResults(database: Database): Store['results'] {
  return {
    latest: (tenant, goalId, taskIds) =>
      database.run(async (statements) => {
        if (taskIds.length === 0) return [];
        const rows = await statements
          .selectDistinctOn([taskResults.taskId])
          .from(taskResults)
          .where(
            and(
              eq(taskResults.tenant, tenant),
              eq(taskResults.goalId, goalId),
              inArray(taskResults.taskId, [...taskIds]),
            ),
          )
          .orderBy(taskResults.taskId, desc(taskResults.revision));
        return rows.map(toResult);
      }),
    get: (...[tenant, goalId, taskId, revision]) =>
      database.run(async (statements) => {
        const [row] = await statements
          .select()
          .from(taskResults)
          .where(
            and(
              eq(taskResults.tenant, tenant),
              eq(taskResults.goalId, goalId),
              eq(taskResults.taskId, taskId),
              eq(taskResults.revision, revision),
            ),
          );
        return row === undefined ? undefined : toResult(row);
      }),
  };
}

function toResult(row: typeof taskResults.$inferSelect): TaskResult {
  const { taskId, revision, outputHash, outputBytes, summary, evidence } = row;
  return { taskId, revision, output: { hash: outputHash, bytes: outputBytes }, summary, evidence };
}
