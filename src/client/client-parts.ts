/** The parts a client is made of. Types only. */
import type { GoalStatus } from '../core/contracts/goal.ts';
import type { TenantBudget } from '../core/tenant-budget.ts';
import type { Store } from '../store/store.ts';
import type { WorkflowSurvey } from './examine/workflow-survey.ts';
import type { GoalWorkflows } from './goal-workflows.ts';
import type { Pins } from './pins.ts';
import type { RequestRules } from './request-door.ts';
import type { TemporalSchedules } from './schedules/temporal-schedules.ts';

/** Which goals `list` gives, newest first. */
export interface ListFilter {
  readonly status?: readonly GoalStatus[];
  readonly tag?: string;
  /** 1 to 1,000; default 50. */
  readonly limit?: number;
  /** Only goals older than this one. */
  readonly before?: string;
}

/** The parts a client is made of; `connectOrchestrator` puts real ones together. */
export interface ClientParts {
  readonly store: Store;
  readonly workflows: GoalWorkflows;
  readonly survey: WorkflowSurvey;
  readonly schedules: TemporalSchedules;
  readonly tenant: string;
  readonly rules: RequestRules;
  /** What new goals are pinned to, but for tools, which only workers know. */
  readonly pins: Pins;
  /** Shortest interval of a schedule. */
  readonly minIntervalMs: number;
  /** Goals started here are marked as simulated. */
  readonly simulated: boolean;
  /** The tenant's monthly limit, where the configuration has one. */
  readonly tenantBudget?: TenantBudget;
}
