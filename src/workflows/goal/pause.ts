/** Pausing a goal: nothing new is sent or run until somebody resumes it; what is in flight ends. Workflow side. */
import { condition } from '@temporalio/workflow';
import { isAuthor } from '../../core/contracts/approvals.ts';
import { endAwaiting, startAwaiting } from './awaiting.ts';
import type { GoalRun } from './goal-run.ts';
import { label } from './label.ts';
import { Parked } from './parked.ts';

/** Stops the goal from beginning anything. Harmless when it is paused or ending. */
export function pause(run: GoalRun, input?: { readonly author?: unknown }): void {
  if (run.paused || run.closing) return;
  run.paused = true;
  startAwaiting(run, 'resume', label(`paused by ${isAuthor(input?.author) ? input.author : 'somebody'}`));
}

/** Lets it go on. */
export function unpause(run: GoalRun): void {
  run.paused = false;
  endAwaiting(run, 'resume');
}

/** Waits while the goal is paused. Throws `Parked` when waiting is interrupted. */
export async function whilePaused(run: GoalRun, interrupted: () => boolean): Promise<void> {
  if (!run.paused) return;
  await condition(() => !run.paused || interrupted());
  if (run.paused) throw new Parked();
}
