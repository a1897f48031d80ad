/** Queries, signals and updates of the goal workflow, and its search attributes. Sandbox-safe. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RaiseBudgetInput, RaiseBudgetResult } from './budget.ts';
import type { GoalStatusReport } from './goal.ts';

/** Where the goal is; bounded, pure. */
export const getStatusQuery = defineQuery<GoalStatusReport>('getStatus');
/** Go on after the goal waited (e.g. for credentials). Harmless when it does not wait. */
export const resumeSignal = defineSignal('resume');
/** Sets a higher budget and goes on. Refused with `budget.invalid` when it is not higher, or there is none. */
export const raiseBudgetUpdate = defineUpdate<RaiseBudgetResult, [RaiseBudgetInput]>('raiseBudget');

/** Search attributes registered at every boot. */
export const searchAttributes = {
  status: defineSearchAttributeKey('OrchestratorStatus', SearchAttributeType.KEYWORD),
  awaiting: defineSearchAttributeKey('OrchestratorAwaiting', SearchAttributeType.KEYWORD),
  tenant: defineSearchAttributeKey('OrchestratorTenant', SearchAttributeType.KEYWORD),
  costUsd: defineSearchAttributeKey('OrchestratorCostUsd', SearchAttributeType.DOUBLE),
  tags: defineSearchAttributeKey('OrchestratorTags', SearchAttributeType.KEYWORD_LIST),
} as const;
