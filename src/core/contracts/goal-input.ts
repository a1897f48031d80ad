/** Input of the goal workflow, and what it hands to its next run: JSON shapes only. Sandbox-safe types. */
import type { LoadSkeletonInput, OpenGoalResult } from './activities.ts';
import type { CarriedApproval } from './approvals.ts';
import type { Opening, VerdictSummary } from './calls.ts';
import type { TaskStatus } from './plan.ts';
import type { BlobRef } from './refs.ts';

/** Input of `goalWorkflow`; texts stay in the store. `carried` is set by continue-as-new only. */
export interface GoalWorkflowInput {
  readonly goalId: string;
  readonly tenant: string;
  /** Budget account of what starts the goal (its schedule or parent goal), which is charged as well. */
  readonly parentAccount?: string;
  readonly carried?: CarriedGoal;
}

/** One task's state that survives continue-as-new, in plan order; what is left out has its first value. */
export interface CarriedTask {
  readonly status: TaskStatus;
  /** Skipped for want of what it depends on. */
  readonly blocked?: boolean;
  readonly revision?: number;
  /** The turn to take next. */
  readonly turn?: number;
  readonly opening?: Opening;
  readonly retries?: number;
  readonly revisions?: number;
  /** How many of the goal's notes its conversation has. */
  readonly steered?: number;
  /** A person had it retried. */
  readonly reopened?: boolean;
  /** Failed, but a replan has taken its place. */
  readonly superseded?: boolean;
  /** What is left of its time, in milliseconds. */
  readonly leftMs?: number;
  readonly reason?: string;
}

/** A plan that waits for a person to approve it, or a replan that the manager has not made yet. */
export interface UnapprovedPlan {
  /** Set for a replan: the failure it is to get around, and its plan once there is one. */
  readonly replan?: { readonly taskId: string; readonly reason: string; readonly plan?: LoadSkeletonInput };
}

/** A deliverable that is being written: the revision at work, what it opens with, and what the one before came to. */
export interface CarriedDelivery {
  readonly revision: number;
  readonly opening: Opening;
  readonly deliverable?: BlobRef;
  readonly verdict?: VerdictSummary;
}

/** What a person said while the goal ran: the hash of its text, the task it is for, and the id of the update that brought it. */
export interface CarriedNote {
  readonly note: string;
  readonly taskId?: string;
  readonly update?: string;
}

/** What `goalWorkflow` hands to its next run. */
export interface CarriedGoal {
  readonly opened: OpenGoalResult;
  /** Absent while the goal is being planned. */
  readonly plan?: LoadSkeletonInput;
  readonly tasks: readonly CarriedTask[];
  /** All tasks have ended. */
  readonly delivery?: CarriedDelivery;
  readonly replans: number;
  readonly planRevision: number;
  readonly fallbacks: readonly string[];
  readonly costMicroUsd: number;
  readonly nextEvent: number;
  readonly startedAtMs: number;
  /** When the wait for money began that goes on. */
  readonly moneySinceMs?: number;
  readonly paused?: true;
  /** A plan that waits for approval: the goal's first, or one that takes the place of `plan`. */
  readonly unapproved?: UnapprovedPlan;
  /** Times people sent plans back. */
  readonly rejections?: number;
  readonly steering?: readonly CarriedNote[];
  readonly approvals?: { readonly items: readonly CarriedApproval[]; readonly tools: readonly string[] };
}
