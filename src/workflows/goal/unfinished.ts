/** Which tasks did not succeed, with reasons, as the manager and the census need it. Workflow side. */
import type { Unfinished } from '../../core/contracts/calls.ts';
import type { Graph } from './goal-run.ts';

/** Entries handed to a model call at most. */
const MAX_LISTED = 50;

/** Failed, skipped and cancelled tasks, at most `MAX_LISTED`. */
export function unfinishedTasks(graph: Graph): Unfinished[] {
  const statuses = ['failed', 'skipped', 'cancelled'] as const;
  const all = statuses.flatMap((status) => graph.schedule.ids(status).map((taskId) => ({ taskId, status })));
  return all
    .slice(0, MAX_LISTED)
    .map(({ taskId, status }) => ({ taskId, status, reason: graph.tasks.get(taskId)?.reason ?? status }));
}
