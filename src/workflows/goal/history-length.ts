/** How long one run of the goal workflow may get before it continues as new (guarantee G11). Workflow side. */
import { workflowInfo } from '@temporalio/workflow';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import type { GoalRun } from './goal-run.ts';

/** Events past which the first quiet moment is taken; the server suggests it for bytes and updates. */
const QUIET_EVENTS = 4_000;
/** Events and bytes past which no further turn is started. */
const DRAIN_EVENTS = 8_000;
const DRAIN_BYTES = 8 * 1024 * 1024;

/** Whether this run should continue as new when nothing is being worked on. */
export function isLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength > QUIET_EVENTS || continueAsNewSuggested;
}

/** Whether who waits should wait on in the next run: what drains it, or a quiet moment of a long one. */
export function shouldWaitOn(run: GoalRun): boolean {
  const counts = run.graph?.schedule.counts();
  return mustDrain(run) || ((counts?.running ?? 0) + (counts?.checking ?? 0) === 0 && isLong());
}

/** What ends waiting to make a call: a task's only what drains the run, as others may be at work. */
export function interruptionOf(run: GoalRun, purpose: CallModelInput['purpose']): () => boolean {
  return purpose === 'task' || purpose === 'check' ? () => mustDrain(run) : () => shouldWaitOn(run);
}

/** Whether this run must end soon: no further turn is started, and who waits for a person waits on in the next run. */
export function mustDrain(run: GoalRun): boolean {
  const { historyLength, historySize } = workflowInfo();
  if (historyLength > DRAIN_EVENTS || historySize > DRAIN_BYTES) run.draining = true;
  return run.draining;
}
