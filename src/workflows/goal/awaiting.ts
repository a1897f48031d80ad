/** What the goal waits for a person to give: one thing is shown at a time, and the time is not the tasks'. Workflow side. */
import type { Awaiting } from '../../core/contracts/goal.ts';
import { type GoalRun, showProgress } from './goal-run.ts';

/** The goal waits for `what`; already waiting for it changes nothing. */
export function startAwaiting(run: GoalRun, what: Awaiting, reason: string): void {
  if (run.awaited.has(what)) return;
  run.awaited.set(what, reason);
  if (run.awaiting === undefined) show(run, what, reason);
}

/** The goal does not wait for `what` any more. */
export function endAwaiting(run: GoalRun, what: Awaiting): void {
  if (!run.awaited.delete(what) || run.awaiting !== what) return;
  run.waitedMs += Date.now() - run.awaitingSinceMs;
  delete run.awaiting;
  delete run.reason;
  run.outbox.emit('awaiting-end', {});
  showProgress(run);
  const [next] = run.awaited;
  if (next) show(run, ...next);
}

function show(run: GoalRun, what: Awaiting, reason: string): void {
  run.awaiting = what;
  run.awaitingSinceMs = Date.now();
  run.reason = reason;
  run.outbox.emit('awaiting', { awaiting: what, reason });
  showProgress(run);
}
