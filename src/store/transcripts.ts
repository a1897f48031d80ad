/** Conversations of tasks as they are sent to the model. Host side. */
import { and, asc, eq, lte } from 'drizzle-orm';
import type { Database } from './database.ts';
import { transcripts } from './schema.ts';
import type { Store } from './store.ts';

/** The store's `transcripts`. */
export function createTranscripts(database: Database): Store['transcripts'] {
  return {
    read: (...[tenant, goalId, taskId, revision]) =>
      database.run((statements) =>
        statements
          .select({
            revision: transcripts.revision,
            position: transcripts.position,
            role: transcripts.role,
            content: transcripts.content,
          })
          .from(transcripts)
          .where(
            and(
              eq(transcripts.tenant, tenant),
              eq(transcripts.goalId, goalId),
              eq(transcripts.taskId, taskId),
              lte(transcripts.revision, revision),
            ),
          )
          .orderBy(asc(transcripts.revision), asc(transcripts.position)),
      ),
  };
}
