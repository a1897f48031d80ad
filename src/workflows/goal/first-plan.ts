/** The goal's first plan between its acceptance and its start: it may need a person's approval. Workflow side. */

import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import type { BlobRef } from '../../core/contracts/refs.ts';
import { approvePlan } from './approve-plan.ts';
import type { Ending } from './close.ts';
import { type GoalRun, graphOf } from './goal-run.ts';
import { askManager, graphFrom } from './plan-goal.ts';

/** Undefined when the plan may run, how the goal ends when it may not, `continue` when this run of the workflow must end. */
export async function approveFirstPlan(run: GoalRun): Promise<Ending | 'continue' | undefined> {
  const asked = run.unapproved !== undefined;
  const again = (rejected: PlanSkeleton, feedback: BlobRef) => planAgain(run, rejected, feedback);
  const verdict = await approvePlan(run, { skeleton: graphOf(run).skeleton, asked, again });
  if (verdict.kind === 'parked') {
    run.unapproved = {};
    return 'continue';
  }
  delete run.unapproved;
  if (verdict.kind === 'run') return undefined;
  for (const id of graphOf(run).schedule.cancelRest()) run.outbox.emit('task-end', { status: 'cancelled' }, id);
  return { status: 'cancelled', reason: verdict.reason };
}

async function planAgain(run: GoalRun, rejected: PlanSkeleton, feedback: BlobRef): Promise<PlanSkeleton | undefined> {
  const skeleton = await askManager(run, { purpose: 'plan', sentBack: { skeleton: rejected, feedback } });
  if (skeleton) run.graph = graphFrom(run, skeleton);
  return skeleton;
}
