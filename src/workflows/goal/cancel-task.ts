/** The update that cancels one task: what runs of it is stopped, what depends on it is skipped. Workflow side. */
import { type CancelTaskInput, type CancelTaskResult, isCancelTaskInput } from '../../core/contracts/control.ts';
import { failure } from '../../core/failures.ts';
import type { GoalRun } from './goal-run.ts';
import { label } from './label.ts';

const OPEN: ReadonlySet<string> = new Set(['waiting', 'ready', 'running', 'checking']);

/** Throws unless the task is one of the plan that has not ended. */
export function checkCancelTask(run: GoalRun, input: unknown): void {
  if (!isCancelTaskInput(input)) throw failure('control.invalid', 'taskId or author is not as it should be');
  if (run.closing) throw failure('goal.closed', 'the goal is ending');
  const status = run.graph?.schedule.status(input.taskId);
  if (status === undefined) throw failure('control.invalid', 'the plan has no such task');
  if (!run.tasksNow) throw failure('control.busy', 'the plan has not started: edit it, or wait a moment');
  if (run.tasksNow.editing && (status === 'waiting' || status === 'ready'))
    throw failure('control.busy', 'an edit of the plan is being applied');
  if (!OPEN.has(status)) throw failure('control.invalid', `the task has ended: ${status}`);
}

/** Cancels the task; one that runs ends when its call has confirmed. */
export function cancelTask(run: GoalRun, { taskId, author }: CancelTaskInput): CancelTaskResult {
  if (!run.tasksNow) throw failure('internal.bug', 'the plan has not started');
  return { state: run.tasksNow.cancel(taskId, label(`cancelled by ${author}`)) };
}
