/** What the parts of a task pass along, and how a task ends. Workflow side, types only. */
import type { TaskSkeleton } from '../../core/contracts/plan.ts';
import type { TaskRun } from './goal-run.ts';
import type { TaskClock } from './task-clock.ts';

/** How a task ended, or that it was set aside for the next run of the workflow. */
export type TaskEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string; readonly final?: boolean }
  /** The budget was used up, and the goal ends with what is there. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'parked' };

/** What the parts of a task pass along. */
export interface TaskContext {
  readonly task: TaskSkeleton;
  readonly state: TaskRun;
  readonly clock: TaskClock;
}
