/** The state that the parts of one goal's workflow share. Workflow side. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { OpenGoalResult } from '../../core/contracts/activities.ts';
import type { Opening } from '../../core/contracts/calls.ts';
import type { Awaiting, GoalStatus } from '../../core/contracts/goal.ts';
import type { GoalWorkflowInput } from '../../core/contracts/goal-input.ts';
import { searchAttributes } from '../../core/contracts/messages.ts';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import type { Schedule } from '../../tasks/schedule.ts';
import type { GoalProxies } from './activities.ts';
import type { BudgetGate } from './budget-gate.ts';
import type { Outbox } from './outbox.ts';

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
  readonly startedAtMs: number;
  readonly fallbacks: string[];
  status: GoalStatus;
  /** What is shown of `awaited`. */
  awaiting?: Awaiting;
  awaitingSinceMs: number;
  /** All that the goal waits for, each with its reason. */
  readonly awaited: Map<Awaiting, string>;
  reason?: string;
  costMicroUsd: number;
  replans: number;
  /** Revision the manager's next planning call gets. */
  planRevision: number;
  /** Times a person said "resume". */
  resumes: number;
  readonly budget: BudgetGate;
  /** Why the budget did not hold the last call that was refused. */
  budgetReason: string;
  /** The end is being written down: no more events. */
  closing: boolean;
  /** Time the goal has waited for people so far, which is not the tasks' time. */
  waitedMs: number;
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
    number: 1 + Math.max(-1, ...[...graph.tasks.values()].map((task) => task.number)),
    revision: 0,
    turn: 1,
    opening: { kind: 'start' },
    retries: 0,
    revisions: 0,
    superseded: false,
  };
  graph.tasks.set(id, fresh);
  return fresh;
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
