/** The state that the parts of one goal's workflow share. Workflow side. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { OpenGoalResult } from '../../core/contracts/activities.ts';
import type { Opening } from '../../core/contracts/calls.ts';
import type { Awaiting, GoalStatus } from '../../core/contracts/goal.ts';
import type {
  CarriedDelivery,
  CarriedNote,
  GoalWorkflowInput,
  UnapprovedPlan,
} from '../../core/contracts/goal-input.ts';
import { searchAttributes } from '../../core/contracts/messages.ts';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import type { Schedule } from '../../tasks/schedule.ts';
import type { GoalProxies } from './activities.ts';
import type { Approvals } from './approvals.ts';
import type { BatchDesk } from './batched-call.ts';
import type { BudgetGate } from './budget-gate.ts';
import type { EditDoor } from './edit-door.ts';
import type { LocalLane } from './local-lane.ts';
import type { Outbox } from './outbox.ts';
import type { WaitingPlan } from './waiting-plan.ts';

/** What the workflow remembers of a task besides its status in the schedule. */
export interface TaskRun {
  readonly id: string;
  /** Fixed when the task first appears; used in activity ids in place of user text. */
  readonly number: number;
  revision: number;
  turn: number;
  opening: Opening;
  retries: number;
  revisions: number;
  superseded: boolean;
  /** A person had it retried. */
  reopened?: boolean;
  /** How many of the goal's notes its conversation has. */
  steered: number;
  /** What was left of the task's time when it was set aside for this run of the workflow. */
  leftMs?: number;
  reason?: string;
}

/** A planned goal's graph: the accepted plan, who is where, and each task's run. */
export interface Graph {
  skeleton: PlanSkeleton;
  readonly schedule: Schedule;
  readonly tasks: Map<string, TaskRun>;
}

/** One goal being worked on. */
export interface GoalRun {
  readonly input: GoalWorkflowInput;
  opened: OpenGoalResult;
  proxies: GoalProxies;
  readonly outbox: Outbox;
  readonly lane: LocalLane;
  readonly startedAtMs: number;
  readonly fallbacks: string[];
  status: GoalStatus;
  /** What is shown of `awaited`. */
  awaiting?: Awaiting;
  awaitingSinceMs: number;
  /** All that the goal waits for, each with its reason. */
  readonly awaited: Map<Awaiting, string>;
  /** Why it fails, or ended as it did. What it waits for does not touch it. */
  reason?: string;
  costMicroUsd: number;
  replans: number;
  /** Times people sent plans back with feedback. */
  rejections: number;
  /** A plan that waited for approval when an earlier run of the workflow ended. */
  unapproved?: UnapprovedPlan;
  /** The plan that waits for a person's verdict now. */
  waitingPlan?: WaitingPlan;
  /** The deliverable's revision at work, once there is one. */
  delivery?: CarriedDelivery;
  /** Why a plan was refused for good: the goal ends as cancelled. */
  refused?: string;
  /** Revision the manager's next planning call gets. */
  planRevision: number;
  /** Times a person said "resume". */
  resumes: number;
  readonly budget: BudgetGate;
  /** Calls that go through batches. */
  readonly batches: BatchDesk;
  /** What people are asked. */
  readonly approvals: Approvals;
  /** What people said while it ran. */
  readonly steering: CarriedNote[];
  /** When the wait for money began that goes on, over all runs of the workflow. */
  moneySinceMs?: number;
  /** Why the budget did not hold the last call that was refused. */
  budgetReason: string;
  /** The end is being written down: no more events. */
  readonly closing: boolean;
  /** Time the goal has waited for people so far, which is not the tasks' time. */
  waitedMs: number;
  /** Nothing new begins until somebody resumes the goal. */
  paused: boolean;
  /** The graph's runner, once there is one. */
  tasksNow?: EditDoor & { cancel(id: string, reason: string): 'cancelled' | 'cancelling' };
  /** All tasks have ended; nothing of the plan is changed any more. */
  settled: boolean;
  /** Set when this run must end soon to continue as new: no further turn is started. */
  draining: boolean;
  graph?: Graph;
}

/** The graph, once there is one. */
export function graphOf(run: GoalRun): Graph {
  if (!run.graph) throw new Error('The goal has no plan yet.');
  return run.graph;
}

/** The run of a task of the plan, made when it is first seen. */
export function taskRun(graph: Graph, id: string): TaskRun {
  const known = graph.tasks.get(id);
  if (known) return known;
  const fresh: TaskRun = {
    id,
    number: graph.tasks.size,
    revision: 0,
    turn: 1,
    opening: { kind: 'start' },
    retries: 0,
    revisions: 0,
    superseded: false,
    steered: 0,
  };
  graph.tasks.set(id, fresh);
  return fresh;
}

/** Whether a call of the task has been made in its present or an earlier revision. */
export function hasBegun({ revision, turn, leftMs }: TaskRun): boolean {
  return revision > 0 || turn > 1 || leftMs !== undefined;
}

const ENDS: ReadonlySet<GoalStatus> = new Set(['completed', 'partial', 'failed', 'cancelled']);

/** Moves the goal on and shows it in Temporal's search attributes. A goal that is being cancelled only moves to its end. */
export function setStatus(run: GoalRun, status: GoalStatus): void {
  if (run.status === 'cancelling' && !ENDS.has(status)) return;
  run.status = status;
  showProgress(run);
}

/** Writes status, what is awaited and the cost so far into the search attributes. */
export function showProgress(run: GoalRun): void {
  upsertSearchAttributes([
    { key: searchAttributes.status, value: run.status },
    { key: searchAttributes.awaiting, value: run.awaiting ?? null },
    { key: searchAttributes.costUsd, value: run.costMicroUsd / 1_000_000 },
  ]);
}
