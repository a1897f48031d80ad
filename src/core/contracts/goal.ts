/** Goal workflow result, status, limits and census: JSON shapes only. Sandbox-safe types. */
import type { OnBudget } from './budget.ts';
import type { TaskStatus } from './plan.ts';
import type { BlobRef } from './refs.ts';
import type { Usage } from './usage.ts';

export type VerifyMode = 'off' | 'final' | 'each-task';
/** How a goal ended. */
export type FinalStatus = 'completed' | 'partial' | 'failed' | 'cancelled';
/** Where a goal is. */
export type GoalStatus = 'queued' | 'planning' | 'running' | 'synthesising' | 'verifying' | 'cancelling' | FinalStatus;
/** What a goal is waiting for a person to give. */
export type Awaiting = 'credentials' | 'budget';

/** Limits and switches pinned to a goal when it opens. */
export interface GoalLimits {
  readonly verify: VerifyMode;
  readonly synthesis: boolean;
  readonly maxParallelTasks: number;
  readonly maxTurns: number;
  /** Revisions the checker may ask for, per task and for the deliverable. */
  readonly maxRevisions: number;
  /** Fresh attempts after a failed one, per task. */
  readonly maxRetries: number;
  readonly maxReplans: number;
  readonly taskTimeoutMs: number;
  /** Hard limit of what the goal's model calls may cost; absent: none. */
  readonly budgetMicroUsd?: number;
  /** Share of the budget at which a warning is given, up to 1. */
  readonly budgetWarnShare?: number;
  /** Default: `wait`. */
  readonly onBudget?: OnBudget;
}

/** Counts of what happened, fixed when the goal closes. */
export interface Census {
  readonly tasks: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly skipped: number;
    readonly cancelled: number;
    readonly retried: number;
    readonly revised: number;
  };
  readonly criteria: {
    readonly total: number;
    readonly pass: number;
    readonly fail: number;
    readonly unverified: number;
  };
  readonly replans: number;
  /** Visible departures from the ordinary way, e.g. `plan.fallback`, `task.implicit-submit:write`. */
  readonly fallbacks: readonly string[];
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly usage: Usage;
  readonly costMicroUsd: number;
  readonly durationMs: number;
  /** Longest chain of task times, the least the goal could have taken with these tasks. */
  readonly criticalPathMs: number;
  readonly forecast?: { readonly costMicroUsd: Range; readonly durationMs: Range };
  /** False when verification was off or could not be made. */
  readonly verified: boolean;
}

/** An interval with its ends included. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Result of `goalWorkflow`. */
export interface GoalWorkflowResult {
  readonly goalId: string;
  readonly status: FinalStatus;
  readonly reason?: string;
  readonly deliverable?: BlobRef;
  readonly costMicroUsd: number;
}

/** Answer of `getStatusQuery`; bounded whatever the plan's size. */
export interface GoalStatusReport {
  readonly goalId: string;
  readonly status: GoalStatus;
  readonly awaiting?: Awaiting;
  readonly reason?: string;
  readonly counts: Readonly<Record<TaskStatus, number>>;
  readonly running: readonly string[];
  readonly costMicroUsd: number;
}
