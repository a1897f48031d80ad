/** What the goal waits for a person to give: one thing is shown at a time, and the time is not the tasks'. Workflow side. */
import type { ApprovalKind } from '../../core/contracts/approvals.ts';
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
  run.outbox.emit('awaiting-end', {});
  showProgress(run);
  const [next] = run.awaited;
  if (next) show(run, ...next);
}

/** Nothing is waited for any more in this run of the workflow: the next one finds out anew. */
export function endAllAwaiting(run: GoalRun): void {
  for (const what of [...run.awaited.keys()].reverse()) endAwaiting(run, what);
}

/** Why the goal ends or ended as it does, or else why it waits. */
export function reasonShown({ reason, awaiting, awaited }: GoalRun): string | undefined {
  return reason ?? (awaiting && awaited.get(awaiting));
}

/** Milliseconds that the goal has waited for people, the wait that goes on included. */
export function waitedMs(run: GoalRun): number {
  return run.waitedMs + (run.awaiting === undefined ? 0 : Date.now() - run.awaitingSinceMs);
}

/** What the goal shows to wait for while items of a kind are open. Whether it waits for money, the budget gate knows. */
const AWAITED: Readonly<Record<Exclude<ApprovalKind, 'budget'>, Awaiting>> = {
  plan: 'plan',
  tool: 'tool',
  question: 'answer',
};

/** Brings what is shown in line with the items that are open. */
export function showAwaited(run: GoalRun): void {
  const first = new Map(
    run.approvals.open.toReversed().flatMap(({ kind, title }) => (kind === 'budget' ? [] : [[AWAITED[kind], title]])),
  );
  for (const what of Object.values(AWAITED)) {
    const title = first.get(what);
    if (title !== undefined) startAwaiting(run, what, title);
    else endAwaiting(run, what);
  }
}

function show(run: GoalRun, what: Awaiting, reason: string): void {
  run.awaiting = what;
  run.awaitingSinceMs = Date.now();
  run.outbox.emit('awaiting', { awaiting: what, reason });
  showProgress(run);
}
