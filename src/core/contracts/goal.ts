/** Goal workflow result, status, limits and census: JSON shapes only. Sandbox-safe types. */
import type { ApprovalTerms } from './approvals.ts';
import type { BatchTerms } from './batches.ts';
import type { OnBudget } from './budget.ts';
import type { TaskStatus } from './plan.ts';
import type { ApprovePlan, AskAbove } from './plan-approval.ts';
import type { BlobRef } from './refs.ts';
import type { Usage } from './usage.ts';

export type VerifyMode = 'off' | 'final' | 'each-task';
/** How a goal ended. */
export type FinalStatus = 'completed' | 'partial' | 'failed' | 'cancelled';
/** Where a goal is. */
export type GoalStatus = 'queued' | 'planning' | 'running' | 'synthesising' | 'verifying' | 'cancelling' | FinalStatus;
/** What a goal is waiting for a person to give. */
export type Awaiting = 'credentials' | 'budget' | 'plan' | 'tool' | 'answer' | 'resume';

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
  /** When people are asked. Default: denied after seven days. */
  readonly approvals?: ApprovalTerms;
  /** Default: `auto`. */
  readonly approvePlan?: ApprovePlan;
  /** With `ask-above`. */
  readonly askAbove?: AskAbove;
  /** Hard limit of what the goal's model calls may cost; absent: none. */
  readonly budgetMicroUsd?: number;
  /** Share of the budget at which a warning is given, up to 1. */
  readonly budgetWarnShare?: number;
  /** Default: `wait`. */
  readonly onBudget?: OnBudget;
  /** With `wait`: so long at most, then as `partial`. Absent: without limit. */
  readonly budgetWaitMs?: number;
  /** Calls go through the Message Batches API. Absent: they are made live. */
  readonly batch?: BatchTerms;
}

/** Counts of what happened, fixed when the goal closes. */
export interface Census {
  readonly tasks: {
    readonly total: number;
    readonly done: number;
    /** Done by the goal that this one was forked from; counted in `done`. */
    readonly reused?: number;
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
  /** What answers through batches would have cost more as live calls. */
  readonly savedMicroUsd?: number;
  readonly durationMs: number;
  /** Longest chain of task times, the least the goal could have taken with these tasks. */
  readonly criticalPathMs: number;
  readonly forecast?: ForecastRecord;
  /** False when verification was off or could not be made. */
  readonly verified: boolean;
}

/** The forecast of the plan as it started, 10th to 90th percentile, and what the same part of the goal took. */
export interface ForecastRecord {
  readonly costMicroUsd: Range;
  readonly durationMs: Range;
  /** From the first task to the end, without planning before it and waiting for people. Absent: no task began. */
  readonly actual?: { readonly costMicroUsd: number; readonly durationMs: number };
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
  /** `capacity`: of the read model only, as the workflow cannot see that a call waits. */
  readonly awaiting?: Awaiting | 'capacity';
  readonly reason?: string;
  readonly counts: Readonly<Record<TaskStatus, number>>;
  readonly running: readonly string[];
  readonly costMicroUsd: number;
}
