/** What people tell the agents while they work: taken up with each task's next turn, and by those that start later. Workflow side. */
import { currentUpdateInfo } from '@temporalio/workflow';
import { isSteerInput, MAX_STEERING, type SteerInput, type SteerResult } from '../../core/contracts/control.ts';
import { failure } from '../../core/failures.ts';
import type { GoalRun } from './goal-run.ts';

const OVER: ReadonlySet<string> = new Set(['done', 'failed', 'skipped', 'cancelled']);

/** Throws unless the goal, or the task that is named, can still take it; what was taken before is taken again. */
export function checkSteer(run: GoalRun, input: unknown): void {
  if (!isSteerInput(input)) throw failure('control.invalid', 'the note, taskId or author is not as it should be');
  if (wasTaken(run)) return;
  if (run.closing) throw failure('goal.closed', 'the goal is ending');
  if (run.steering.length >= MAX_STEERING)
    throw failure('control.invalid', `the goal has ${MAX_STEERING} notes already`);
  if (input.taskId === undefined) return;
  const status = run.graph?.schedule.status(input.taskId);
  if (status === undefined) throw failure('control.invalid', 'the plan has no such task');
  if (OVER.has(status)) throw failure('control.invalid', `the task has ended: ${status}`);
}

/** Keeps the note for every turn to come that it concerns; once, however often it is sent under the same update id. */
export function steer(run: GoalRun, { note, author, taskId }: SteerInput): SteerResult {
  if (!wasTaken(run)) {
    run.steering.push({ note: note.hash, ...(taskId === undefined ? {} : { taskId }), update: updateId() });
    run.outbox.emit('steered', { note: note.hash, author }, taskId);
  }
  const running = run.graph?.schedule.ids('running') ?? [];
  return { running: taskId === undefined ? running.length : running.filter((id) => id === taskId).length };
}

/** The server tells repeats of an update apart within one run only; this does over all of them. */
function wasTaken(run: GoalRun): boolean {
  return run.steering.some(({ update }) => update === updateId());
}

function updateId(): string {
  return currentUpdateInfo()?.id ?? '';
}

/** Notes from the `since`-th on that concern the task, or, without one, the whole goal. */
export function notesFor(run: GoalRun, taskId?: string, since = 0): string[] {
  const notes = run.steering.slice(since);
  return notes.filter((one) => one.taskId === undefined || one.taskId === taskId).map((one) => one.note);
}
