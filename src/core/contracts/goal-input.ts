/** Input of the goal workflow, and what it hands to its next run: JSON shapes only. Sandbox-safe types. */
import type { LoadSkeletonInput, OpenGoalResult } from './activities.ts';
import type { Opening } from './calls.ts';
import type { TaskStatus } from './plan.ts';

/** Input of `goalWorkflow`; texts stay in the store. `carried` is set by continue-as-new only. */
export interface GoalWorkflowInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly carried?: CarriedGoal;
}

/** One task's state that survives continue-as-new, in plan order; what is left out has its first value. */
export interface CarriedTask {
  readonly status: TaskStatus;
  readonly revision?: number;
  /** The turn to take next. */
  readonly turn?: number;
  readonly opening?: Opening;
  readonly retries?: number;
  readonly revisions?: number;
  /** Failed, but a replan has taken its place. */
  readonly superseded?: boolean;
  readonly reason?: string;
}

/** What `goalWorkflow` hands to its next run. */
export interface CarriedGoal {
  readonly opened: OpenGoalResult;
  readonly plan: LoadSkeletonInput;
  readonly tasks: readonly CarriedTask[];
  readonly replans: number;
  readonly planRevision: number;
  readonly fallbacks: readonly string[];
  readonly costMicroUsd: number;
  readonly nextEvent: number;
  readonly startedAtMs: number;
}
