/** Queries, signals and updates of the goal workflow, and its search attributes. Sandbox-safe. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { DecideInput, DecideResult } from './approvals.ts';
import type { RaiseBudgetInput, RaiseBudgetResult } from './budget.ts';
import type { CancelTaskInput, CancelTaskResult, PauseInput, SteerInput, SteerResult } from './control.ts';
import type { ChildEndedInput, SendMessageInput, SendMessageResult } from './conversation.ts';
import type { GoalStatusReport } from './goal.ts';
import type { EditPlanInput, EditPlanResult } from './plan-edit.ts';

/** Where the goal is; bounded, pure. */
export const getStatusQuery = defineQuery<GoalStatusReport>('getStatus');
/** Go on after the goal waited (e.g. for credentials). Harmless when it does not wait. */
export const resumeSignal = defineSignal('resume');
/** Begin nothing new until `resume`; what is in flight ends. Harmless when it is paused. */
export const pauseSignal = defineSignal<[PauseInput]>('pause');
/** An account above the goal was raised: refused calls are made again. Harmless when none waits. */
export const budgetRaisedSignal = defineSignal('budgetRaised');
/** Sets a higher budget and goes on. Refused with `budget.invalid` when it is not higher, or there is none. */
export const raiseBudgetUpdate = defineUpdate<RaiseBudgetResult, [RaiseBudgetInput]>('raiseBudget');

/** Decides a work item; the first verdict holds. Refused: `control.invalid`, `approval.unknown`, `approval.stale`. */
export const decideUpdate = defineUpdate<DecideResult, [DecideInput]>('decide');

/** Cancels one task. Refused: `control.invalid`, `goal.closed`. */
export const cancelTaskUpdate = defineUpdate<CancelTaskResult, [CancelTaskInput]>('cancelTask');

/** Tells the agents something while they work. Refused: `control.invalid`, `goal.closed`. */
export const steerUpdate = defineUpdate<SteerResult, [SteerInput]>('steer');

/**
 * Edits the plan while it runs. Refused: `control.invalid`, `plan.invalid`, `control.conflict` (a task has moved on),
 * `control.stale` (the plan is another by now), `control.busy` (no plan yet, or the manager replans), `goal.closed`.
 */
export const editPlanUpdate = defineUpdate<EditPlanResult, [EditPlanInput]>('editPlan');

/** Says something in a conversation. Refused: `control.invalid`, `conversation.full`. */
export const sendMessageUpdate = defineUpdate<SendMessageResult, [SendMessageInput]>('sendMessage');

/** A goal tells the conversation that started it that it has ended. */
export const childEndedSignal = defineSignal<[ChildEndedInput]>('childEnded');

/** Search attributes registered at every boot. */
export const searchAttributes = {
  status: defineSearchAttributeKey('OrchestratorStatus', SearchAttributeType.KEYWORD),
  awaiting: defineSearchAttributeKey('OrchestratorAwaiting', SearchAttributeType.KEYWORD),
  tenant: defineSearchAttributeKey('OrchestratorTenant', SearchAttributeType.KEYWORD),
  costUsd: defineSearchAttributeKey('OrchestratorCostUsd', SearchAttributeType.DOUBLE),
  tags: defineSearchAttributeKey('OrchestratorTags', SearchAttributeType.KEYWORD_LIST),
} as const;
