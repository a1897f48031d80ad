/** `OrchestratorClient`: what scripts and every door use to start, watch and control goals. Host side. */
import type { RaiseBudgetResult } from '../core/contracts/budget.ts';
import type { GoalStatusReport } from '../core/contracts/goal.ts';
import type { GoalEvent } from '../core/events.ts';
import type { GoalDetail, GoalRequestInput, GoalResult, GoalSummary } from '../core/goal.ts';
import type { StartedGoal } from '../store/store.ts';
import type { ClientParts, ListFilter } from './client-parts.ts';
import { cancelGoal, resumeGoal } from './control-goal.ts';
import { withKnownErrors, withKnownErrorsIn } from './known-error.ts';
import { type BudgetRaise, raiseGoalBudget } from './raise-budget.ts';
import { awaitResult, goalStatus, listGoals, showGoal, watchGoal } from './read-goal.ts';
import { reconcileGoals, startGoal } from './start-goal.ts';

/** A connection to one orchestrator. Every method throws OrchestratorError with a `code` and a `remedy`. */
export interface OrchestratorClient {
  /** True when this instance answers with the simulator in place of Claude. */
  readonly simulated: boolean;
  /** Starts a goal. Repeating the call with the same `idempotencyKey` and body gives the same goal (`created: false`). */
  start(request: GoalRequestInput): Promise<StartedGoal>;
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
  /** Tells a waiting goal to go on (e.g. after new credentials). An ended goal: `goal.closed`. */
  resume(goalId: string): Promise<void>;
  /** Sets a higher budget and lets a goal that waits for it go on. Not higher, or the goal has none: `budget.invalid`. */
  raiseBudget(goalId: string, raise: BudgetRaise): Promise<RaiseBudgetResult>;
  list(filter?: ListFilter): Promise<readonly GoalSummary[]>;
  /** Starts what was acknowledged but is unknown to Temporal; gives the ids. For `up`. */
  reconcile(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Puts a client together from its parts. */
export function createClient(parts: ClientParts): OrchestratorClient {
  return {
    simulated: parts.simulated,
    start: (request) => withKnownErrors(() => startGoal(parts, request)),
    result: (goalId, options) => withKnownErrors(() => awaitResult(parts, goalId, options?.signal)),
    status: (goalId) => withKnownErrors(() => goalStatus(parts, goalId)),
    show: (goalId) => withKnownErrors(() => showGoal(parts, goalId)),
    watch: (goalId, options) => withKnownErrorsIn(watchGoal(parts, goalId, options ?? {})),
    cancel: (goalId) => withKnownErrors(() => cancelGoal(parts, goalId)),
    resume: (goalId) => withKnownErrors(() => resumeGoal(parts, goalId)),
    raiseBudget: (goalId, raise) => withKnownErrors(() => raiseGoalBudget(parts, goalId, raise)),
    list: (filter) => withKnownErrors(() => listGoals(parts, filter ?? {})),
    reconcile: () => withKnownErrors(() => reconcileGoals(parts)),
    close: async () => {
      await Promise.allSettled([parts.workflows.close(), parts.store.close()]);
    },
  };
}
