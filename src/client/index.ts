/** What scripts import: connect to an orchestrator, start goals, watch and control them. Host side. */
export type { FinalStatus, GoalStatus, GoalStatusReport } from '../core/contracts/goal.ts';
export type { GoalEvent } from '../core/events.ts';
export { OrchestratorError } from '../core/failures.ts';
export type {
  BudgetAccount,
  CappedAccount,
  GoalDetail,
  GoalRequestInput,
  GoalResult,
  GoalSummary,
} from '../core/goal.ts';
export type { PlanInput } from '../core/plan.ts';
export type { ListFilter } from './client-parts.ts';
export { type ConnectOptions, connectOrchestrator } from './connect.ts';
export type { Conversations, Said } from './conversations.ts';
export type { OrchestratorClient } from './orchestrator-client.ts';
