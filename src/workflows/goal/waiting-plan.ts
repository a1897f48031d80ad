/** A plan that waits for a person to approve it. Workflow side, types only. */
import type { PlanSkeleton } from '../../core/contracts/plan.ts';

/** Edits take its place; whoever waits for the verdict then asks anew. */
export interface WaitingPlan {
  skeleton: PlanSkeleton;
  /** Set while an edit is applied: no verdict is taken meanwhile. */
  editing: boolean;
  /** It takes the place of a plan that runs, once it is approved. */
  readonly replaces: boolean;
}
