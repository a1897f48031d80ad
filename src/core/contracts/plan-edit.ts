/** Editing the plan of a running goal: the update, its shape check by hand, and the activity behind it. Sandbox-safe. */
import { isAuthor, isBlobRef } from './approvals.ts';
import type { Range } from './goal.ts';
import type { PackedSkeleton, PlanSkeleton } from './plan.ts';
import type { BlobRef } from './refs.ts';

/** Argument of `editPlanUpdate`: the operations are in the store. */
export interface EditPlanInput {
  readonly edit: BlobRef;
  readonly author: string;
  /** The revision of the plan that the author saw; absent: whichever is in force. */
  readonly baseRevision?: number;
  /** Only says what the edit would come to. */
  readonly preview?: boolean;
}

/** Answer of `editPlanUpdate`. */
export interface EditPlanResult {
  readonly planRevision: number;
  /** A `PlanDiff` as JSON. */
  readonly diff: BlobRef;
  /** How much more (below 0: less) the goal will probably cost. */
  readonly costMicroUsd: Range;
}

/** The shape check of `editPlanUpdate`. Extra members are refused. */
export function isEditPlanInput(value: unknown): value is EditPlanInput {
  if (typeof value !== 'object' || value === null) return false;
  const { edit, author, baseRevision, preview, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || !isBlobRef(edit) || !isAuthor(author)) return false;
  if (preview !== undefined && typeof preview !== 'boolean') return false;
  return baseRevision === undefined || (Number.isSafeInteger(baseRevision) && (baseRevision as number) >= 0);
}

/** Input of the activity that makes the new plan. */
export interface ApplyPlanEditInput {
  readonly goalId: string;
  readonly tenant: string;
  /** Hash of the snapshot the goal is pinned to. */
  readonly snapshot: string;
  /** The plan in force. */
  readonly plan: Pick<PlanSkeleton, 'plan' | 'revision'>;
  /** A letter for the state of each of its tasks: see pack-states.ts. */
  readonly states: string;
  readonly edit: BlobRef;
  readonly author: string;
  /** The revision the new plan gets. */
  readonly revision: number;
  /** Number of the event; absent: nothing is accepted, only previewed. */
  readonly event?: number;
}

/** A plan that was made, or why not. `problems`: a list of `PlanProblem` as JSON, the first of them in one line beside it. */
export type ApplyPlanEditResult =
  | {
      readonly kind: 'edited';
      /** Absent in a preview. */
      readonly skeleton?: PackedSkeleton;
      /** Positions in the new plan. */
      readonly retry: readonly number[];
      readonly skip: readonly number[];
      readonly diff: BlobRef;
      readonly costMicroUsd: Range;
    }
  | {
      readonly kind: 'refused';
      readonly type: 'plan.invalid' | 'control.conflict' | 'control.invalid';
      readonly reason: string;
      readonly problems: BlobRef;
    };

/** Served by `workflow` workers. */
export interface PlanEditActivities {
  applyPlanEdit(input: ApplyPlanEditInput): Promise<ApplyPlanEditResult>;
}
