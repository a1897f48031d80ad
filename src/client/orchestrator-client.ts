/** `OrchestratorClient`: what scripts and every door use to start, watch and control goals. Host side. */

import type { ApprovalDetail, ApprovalView } from '../core/approval.ts';
import type { DecideResult } from '../core/contracts/approvals.ts';
import type { RaiseBudgetResult } from '../core/contracts/budget.ts';
import type { CancelTaskResult, SteerResult } from '../core/contracts/control.ts';
import type { GoalStatusReport } from '../core/contracts/goal.ts';
import type { GoalEvent } from '../core/events.ts';
import type { Calibration } from '../core/forecast.ts';
import type { ForkPreview } from '../core/fork.ts';
import type {
  BudgetAccount,
  CappedAccount,
  GoalDetail,
  GoalRequestInput,
  GoalResult,
  GoalSummary,
} from '../core/goal.ts';
import type { PlanDiff } from '../core/plan-edit.ts';
import type { Halt, StartedGoal } from '../store/store.ts';
import {
  type ApprovalsFilter,
  approvePlanOf,
  type Decide,
  decideApproval,
  listApprovals,
  type PlanDecision,
  rejectPlanOf,
  showApproval,
} from './approvals.ts';
import { listBudgets, raiseAccount } from './budget-accounts.ts';
import { readCalibration } from './calibration.ts';
import type { ClientParts, ListFilter } from './client-parts.ts';
import { cancelGoal, resumeGoal } from './control-goal.ts';
import { type Conversations, createConversations } from './conversations.ts';
import { editPlan, type PlanEditRequest, previewEdit, type RetryTask, retryTask, skipTask } from './edit-plan.ts';
import { type Examination, examineGoals, readHeadroom } from './examine/examine-goals.ts';
import type { Headroom } from './examine/headroom.ts';
import { type Fork, forkGoal, previewFork } from './fork-goal.ts';
import { type HaltTarget, halt, listHalts, release } from './halt.ts';
import { withKnownErrors, withKnownErrorsIn } from './known-error.ts';
import { type Authored, cancelTaskOf, pauseGoal } from './pause-goal.ts';
import { type BudgetRaise, raiseGoalBudget } from './raise-budget.ts';
import { awaitResult, goalStatus, listGoals, showGoal, watchGoal } from './read-goal.ts';
import { createSchedules, type Schedules } from './schedules/schedules.ts';
import { reconcileGoals, startGoal } from './start-goal.ts';
import { type Steering, steerGoal } from './steer-goal.ts';

/** A connection to one orchestrator. Every method throws OrchestratorError with a `code` and a `remedy`. */
export interface OrchestratorClient {
  /** True when this instance answers with the simulator in place of Claude. */
  readonly simulated: boolean;
  /** Starts a goal. Repeating the call with the same `idempotencyKey` and body gives the same goal (`created: false`). */
  start(request: GoalRequestInput): Promise<StartedGoal>;
  /**
   * Starts a new goal from one that has ended or runs: its plan with edits. Tasks of which nothing has changed are done from
   * the start. Errors: `goal.not-found`, `fork.invalid`, `plan.invalid`, `goal.invalid`.
   */
  fork(goalId: string, fork?: Fork): Promise<StartedGoal>;
  /** What `fork` would take over and run now, what the original paid and what it will probably cost. */
  previewFork(goalId: string, fork?: Fork): Promise<ForkPreview>;
  /** Waits for the end; may be called again after an abort, in another process, or long after the end. */
  result(goalId: string, options?: { signal?: AbortSignal }): Promise<GoalResult>;
  /** Where the goal is, from the store. */
  status(goalId: string): Promise<GoalStatusReport>;
  /** Everything that is known of the goal. */
  show(goalId: string): Promise<GoalDetail>;
  /** Stored events after `afterSeq` (default 0), then live ones, until the goal has ended. Never touches Temporal. */
  watch(goalId: string, options?: { afterSeq?: number; signal?: AbortSignal }): AsyncIterable<GoalEvent>;
  /** Asks for the end; the status reads `cancelling` until confirmed. An ended goal: `goal.closed`. */
  cancel(goalId: string): Promise<void>;
  /** Begins nothing new until `resume`; what is in flight ends. An ended goal: `goal.closed`. */
  pause(goalId: string, options?: Authored): Promise<void>;
  /** The kill switch: nothing is sent or run any more within two seconds, until `release`. */
  halt(target: HaltTarget, why: { author?: string; reason: string }): Promise<void>;
  /** Takes a halt back; gives the goals that were told to go on. */
  release(target: HaltTarget): Promise<readonly string[]>;
  halts(): Promise<readonly Halt[]>;
  /** Says something to the agents while they work. Too long, too many notes, no such open task: `control.invalid`. */
  steer(goalId: string, steering: Steering): Promise<SteerResult>;
  /** Cancels one task; what depends on it is skipped. No such open task: `control.invalid`. */
  cancelTask(goalId: string, task: Authored & { taskId: string }): Promise<CancelTaskResult>;
  /**
   * Changes the plan while it runs: adds, removes, changes and skips tasks that have not started, retries failed ones; whole
   * or not at all. Errors: `plan.invalid`, `control.conflict` (a task has moved on), `control.stale`, `control.busy`.
   */
  editPlan(goalId: string, edit: PlanEditRequest): Promise<PlanDiff>;
  /** What `editPlan` would change and cost. */
  previewEdit(goalId: string, edit: PlanEditRequest): Promise<PlanDiff>;
  /** Starts a failed, cancelled or skipped task afresh, on another tier if named; what was skipped for it waits again. */
  retryTask(goalId: string, task: RetryTask): Promise<PlanDiff>;
  /** Gives up a task that has not started; what needs it is skipped as well. */
  skipTask(goalId: string, task: Authored & { taskId: string }): Promise<PlanDiff>;
  /** Tells a waiting goal to go on (e.g. after new credentials). An ended goal: `goal.closed`. */
  resume(goalId: string): Promise<void>;
  /** Sets a higher budget and lets a goal that waits for it go on. Not higher, or the goal has none: `budget.invalid`. */
  raiseBudget(goalId: string, raise: BudgetRaise): Promise<RaiseBudgetResult>;
  /** What waits for a person, newest first; with `all` also what was decided. */
  approvals(filter?: ApprovalsFilter): Promise<readonly ApprovalView[]>;
  /** One item with its exact arguments or plan. Not there: `approval.unknown`. */
  approval(id: string): Promise<ApprovalDetail>;
  /** Decides an item; the first verdict holds. Seen another hash: `approval.stale`. */
  decide(id: string, decision: Decide): Promise<DecideResult>;
  /** Lets the plan that waits run. None waits: `approval.unknown`. */
  approvePlan(goalId: string, decision?: PlanDecision): Promise<DecideResult>;
  /** With feedback the manager plans again and that plan waits (three times at most); without it the goal ends. */
  rejectPlan(goalId: string, decision?: PlanDecision & { readonly feedback?: string }): Promise<DecideResult>;
  /** How good forecasts were, over the goals that have ended. */
  calibration(): Promise<Calibration>;
  /** Budgets above the goals: the tenant's months and schedules. */
  budgets(): Promise<readonly BudgetAccount[]>;
  /**
   * Sets a higher limit of `tenant` (this month), `tenant/<yyyy-mm>` or `schedule/<id>`, and lets goals that wait for it go
   * on. Not higher, or there is none: `budget.invalid`.
   */
  raiseAccount(account: string, raise: { readonly budgetUsd: number }): Promise<CappedAccount>;
  /** Conversations with the manager. */
  readonly conversations: Conversations;
  /** Goals that start by themselves. */
  readonly schedules: Schedules;
  list(filter?: ListFilter): Promise<readonly GoalSummary[]>;
  /**
   * Starts what was acknowledged longer ago than `olderThanMs` (default 0) but is unknown to Temporal, and gives the ids; closes
   * goals of schedules whose tick was ended before they began. For `up`.
   */
  reconcile(olderThanMs?: number): Promise<readonly string[]>;
  /** Looks at every open goal: which do not go on by themselves, and how near they are to Temporal's limits. */
  examine(): Promise<Examination>;
  /** How much of Temporal's limits the goal's workflow has used; empty when none runs. */
  headroom(goalId: string): Promise<readonly Headroom[]>;
  close(): Promise<void>;
}

/** Puts a client together from its parts. */
export function createClient(parts: ClientParts): OrchestratorClient {
  return {
    simulated: parts.simulated,
    start: (request) => withKnownErrors(() => startGoal(parts, request)),
    fork: (goalId, fork) => withKnownErrors(() => forkGoal(parts, goalId, fork ?? {})),
    previewFork: (goalId, fork) => withKnownErrors(() => previewFork(parts, goalId, fork ?? {})),
    result: (goalId, options) => withKnownErrors(() => awaitResult(parts, goalId, options ?? {})),
    status: (goalId) => withKnownErrors(() => goalStatus(parts, goalId)),
    show: (goalId) => withKnownErrors(() => showGoal(parts, goalId)),
    watch: (goalId, options) => withKnownErrorsIn(watchGoal(parts, goalId, options ?? {})),
    cancel: (goalId) => withKnownErrors(() => cancelGoal(parts, goalId)),
    pause: (goalId, options) => withKnownErrors(() => pauseGoal(parts, goalId, options ?? {})),
    halt: (target, why) => withKnownErrors(() => halt(parts, target, why)),
    release: (target) => withKnownErrors(() => release(parts, target)),
    halts: () => withKnownErrors(() => listHalts(parts)),
    steer: (goalId, steering) => withKnownErrors(() => steerGoal(parts, goalId, steering)),
    cancelTask: (goalId, task) => withKnownErrors(() => cancelTaskOf(parts, goalId, task)),
    editPlan: (goalId, edit) => withKnownErrors(() => editPlan(parts, goalId, edit)),
    previewEdit: (goalId, edit) => withKnownErrors(() => previewEdit(parts, goalId, edit)),
    retryTask: (goalId, task) => withKnownErrors(() => retryTask(parts, goalId, task)),
    skipTask: (goalId, task) => withKnownErrors(() => skipTask(parts, goalId, task)),
    resume: (goalId) => withKnownErrors(() => resumeGoal(parts, goalId)),
    raiseBudget: (goalId, raise) => withKnownErrors(() => raiseGoalBudget(parts, goalId, raise)),
    approvals: (filter) => withKnownErrors(() => listApprovals(parts, filter ?? {})),
    approval: (id) => withKnownErrors(() => showApproval(parts, id)),
    decide: (id, decision) => withKnownErrors(() => decideApproval(parts, id, decision)),
    approvePlan: (goalId, decision) => withKnownErrors(() => approvePlanOf(parts, goalId, decision ?? {})),
    rejectPlan: (goalId, decision) => withKnownErrors(() => rejectPlanOf(parts, goalId, decision ?? {})),
    calibration: () => withKnownErrors(() => readCalibration(parts)),
    budgets: () => withKnownErrors(() => listBudgets(parts)),
    raiseAccount: (account, raise) => withKnownErrors(() => raiseAccount(parts, account, raise)),
    conversations: createConversations(parts),
    schedules: createSchedules(parts),
    list: (filter) => withKnownErrors(() => listGoals(parts, filter ?? {})),
    reconcile: (olderThanMs) => withKnownErrors(() => reconcileGoals(parts, olderThanMs)),
    examine: () => withKnownErrors(() => examineGoals(parts)),
    headroom: (goalId) => withKnownErrors(() => readHeadroom(parts, goalId)),
    close: async () => {
      await Promise.allSettled([parts.workflows.close(), parts.store.close()]);
    },
  };
}
