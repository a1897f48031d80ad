/** A model call as the parts of the workflow make it. Workflow side. */
import type { CallModelInput } from '../../core/contracts/calls.ts';
import type { GoalRun } from './goal-run.ts';
import type { TaskClock } from './task-clock.ts';

/** A call without what is the same for the whole goal. */
export type ModelCall = Omit<CallModelInput, 'goalId' | 'tenant' | 'snapshot' | 'plan'> & {
  /** Id of the activity: built from numbers, free of user text. */
  readonly activityId: string;
  /** The task's time; absent for calls outside tasks. */
  readonly clock?: TaskClock;
};

/** The call as the activities get it. */
export function inputOf(run: GoalRun, { activityId: _id, clock: _clock, ...identity }: ModelCall): CallModelInput {
  const { goalId, tenant } = run.input;
  // A plan that is only proposed is none yet.
  const plan = identity.purpose === 'plan' ? undefined : run.graph?.skeleton.plan.hash;
  return { goalId, tenant, snapshot: run.opened.snapshot, ...identity, ...(plan === undefined ? {} : { plan }) };
}
