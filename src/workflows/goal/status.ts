/** The answer of the status query, bounded whatever the plan's size. Workflow side, pure. */
import type { GoalStatusReport } from '../../core/contracts/goal.ts';
import { reasonShown } from './awaiting.ts';
import type { GoalRun } from './goal-run.ts';

const MAX_LISTED = 50;
/** Task counts before there is a plan. */
const NOTHING = { waiting: 0, ready: 0, running: 0, checking: 0, done: 0, failed: 0, skipped: 0, cancelled: 0 };

/** Where the goal is. */
export function reportStatus(run: GoalRun): GoalStatusReport {
  const reason = reasonShown(run);
  return {
    goalId: run.input.goalId,
    status: run.status,
    ...(run.awaiting ? { awaiting: run.awaiting } : {}),
    ...(reason ? { reason } : {}),
    counts: run.graph?.schedule.counts() ?? NOTHING,
    running: run.graph?.schedule.ids('running').slice(0, MAX_LISTED) ?? [],
    costMicroUsd: run.costMicroUsd,
  };
}
