/** The plan as the workflow sees it: ids, edges and policies, no texts. Sandbox-safe types. */
import type { Effect } from '../policy.ts';
import type { BlobRef } from './refs.ts';

/** Model tiers; config maps each to a model. */
export type Tier = 'fast' | 'balanced' | 'deep';
/** Size of a task as the planner sees it: small, medium, large. */
export type Effort = 'S' | 'M' | 'L';
/** What happens to the goal when a task has failed for good. */
export type FailurePolicy = 'retry' | 'replan' | 'skip-dependents' | 'fail-goal';

/** One task without its texts. `dependsOn` holds positions in `PlanSkeleton.tasks`. */
export interface TaskSkeleton {
  readonly id: string;
  readonly agent: string;
  readonly tier: Tier;
  readonly effort: Effort;
  /** 1 (last) to 5 (first). */
  readonly priority: number;
  readonly optional: boolean;
  readonly onFailure: FailurePolicy;
  /** Wall time the task may take over all its turns; absent means the goal's default. */
  readonly timeoutMs?: number;
  readonly dependsOn: readonly number[];
  /** How many acceptance criteria its result is held against. */
  readonly criteria: number;
}

/** What is expected of a plan when it is accepted. */
export interface PlanOutlook {
  /** The 90th percentile of its forecast. */
  readonly costHighMicroUsd: number;
  /** The strongest effect that a tool of a planned agent has; absent: none has tools. */
  readonly effect?: Effect;
}

/** A validated plan by reference, with what scheduling needs. */
export interface PlanSkeleton {
  /** The full plan (texts, criteria) as a blob of JSON. */
  readonly plan: BlobRef;
  /** 0 for the first accepted plan; grows with each replan and edit. */
  readonly revision: number;
  readonly source: 'manager' | 'given' | 'fallback' | 'edited';
  /** How many criteria the deliverable is held against. */
  readonly criteria: number;
  readonly tasks: readonly TaskSkeleton[];
  /** Known while the plan is new. */
  readonly outlook?: PlanOutlook;
}

/** One task as a row: id, then positions in lists and numbers, then the positions it depends on. See pack-skeleton.ts. */
export type PackedTask = readonly [
  id: string,
  agent: number,
  tier: number,
  effort: number,
  priority: number,
  optional: number,
  onFailure: number,
  criteria: number,
  timeoutMs: number,
  ...dependsOn: number[],
];

/** A skeleton as it crosses the Temporal boundary: at most 128 KiB with 1,000 tasks, 5,000 edges and the longest ids. */
export interface PackedSkeleton extends Omit<PlanSkeleton, 'tasks'> {
  readonly agents: readonly string[];
  readonly tasks: readonly PackedTask[];
}

/** Terminal and live states of a task in the read model and in the workflow. */
export type TaskStatus = 'waiting' | 'ready' | 'running' | 'checking' | 'done' | 'failed' | 'skipped' | 'cancelled';
