/** Activity interfaces, by the worker role that serves them. Sandbox-safe types. */
import type { RaiseBudgetResult } from './budget.ts';
import type { CallModelInput, CallModelResult, RunToolInput, RunToolResult, Unfinished } from './calls.ts';
import type { Census, FinalStatus, GoalLimits } from './goal.ts';
import type { TaskQueues } from './ids.ts';
import type { PackedSkeleton, PlanSkeleton } from './plan.ts';
import type { BlobRef } from './refs.ts';

/** An event as the workflow writes it; `number` makes the insert idempotent per workflow id. */
export interface WorkflowEvent {
  readonly number: number;
  readonly type: string;
  readonly taskId?: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

export interface OpenGoalInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly parentAccount?: string;
}
export interface OpenGoalResult {
  readonly snapshot: string;
  readonly limits: GoalLimits;
  readonly queues: TaskQueues;
  /** At most MAX_LABEL_BYTES; for the Web UI. */
  readonly title: string;
  /** Account of what started the goal, where something did. */
  readonly parentAccount?: string;
  /** Set when the person gave the plan: already validated, stored and pinned. */
  readonly skeleton?: PackedSkeleton;
  /** Of a fork: a character for each task of the skeleton, `1` when its result was taken over. */
  readonly reused?: string;
}

export interface FallbackPlanInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly snapshot: string;
}

export interface LoadSkeletonInput {
  readonly tenant: string;
  readonly plan: BlobRef;
  readonly revision: number;
  readonly source: PlanSkeleton['source'];
}

export interface CloseGoalInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly status: FinalStatus;
  readonly reason?: string;
  readonly deliverable?: BlobRef;
  readonly tasks: Census['tasks'];
  readonly criteria: Census['criteria'];
  readonly replans: number;
  readonly fallbacks: readonly string[];
  readonly verified: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly plan?: string;
  /** Hash of the snapshot; absent when the goal never opened. */
  readonly snapshot?: string;
  /** When synthesis is off or failed: tells the activity to join the results of these tasks into the deliverable. */
  readonly joinResults: boolean;
  readonly unfinished: readonly Unfinished[];
  /** First free event number of the workflow. */
  readonly nextEvent: number;
}
export interface CloseGoalResult {
  readonly deliverable?: BlobRef;
  readonly costMicroUsd: number;
}

export interface RaiseGoalBudgetInput {
  readonly goalId: string;
  readonly tenant: string;
  /** Default: the goal's own. */
  readonly account?: string;
  readonly budgetMicroUsd: number;
}

export interface RecordEventsInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly events: readonly WorkflowEvent[];
}

/** Served by `model` workers. */
export interface ModelActivities {
  callModel(input: CallModelInput): Promise<CallModelResult>;
}
/** Served by `tools` workers, which need no model key. */
export interface ToolActivities {
  runTool(input: RunToolInput): Promise<RunToolResult>;
}
/** Served by `workflow` workers. */
export interface GoalActivities {
  openGoal(input: OpenGoalInput): Promise<OpenGoalResult>;
  makeFallbackPlan(input: FallbackPlanInput): Promise<PackedSkeleton>;
  /** The skeleton of an accepted plan, for a workflow that continues as new. */
  loadSkeleton(input: LoadSkeletonInput): Promise<PackedSkeleton>;
  closeGoal(input: CloseGoalInput): Promise<CloseGoalResult>;
  /** Never lowers a budget, so that a repeat or a late one changes nothing. */
  raiseGoalBudget(input: RaiseGoalBudgetInput): Promise<RaiseBudgetResult>;
}
/** Local activities of `workflow` workers. */
export interface EventActivities {
  recordEvents(input: RecordEventsInput): Promise<void>;
}
