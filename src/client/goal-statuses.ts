/** Which statuses are an end and which are not. Pure. */
import type { FinalStatus, GoalStatus } from '../core/contracts/goal.ts';

export const FINAL_STATUSES: readonly FinalStatus[] = ['completed', 'partial', 'failed', 'cancelled'];

export const OPEN_STATUSES: readonly GoalStatus[] = [
  'queued',
  'planning',
  'running',
  'synthesising',
  'verifying',
  'cancelling',
];

/** Whether a goal with this status has ended. */
export function isFinal(status: GoalStatus): status is FinalStatus {
  return (FINAL_STATUSES as readonly GoalStatus[]).includes(status);
}
