/** The parts a client is made of. Types only. */
import type { GoalStatus } from '../core/contracts/goal.ts';
import type { Store } from '../store/store.ts';
import type { GoalWorkflows } from './goal-workflows.ts';
import type { RequestRules } from './request-door.ts';

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
  readonly tenant: string;
  readonly rules: RequestRules;
  /** Goals started here are marked as simulated. */
  readonly simulated: boolean;
}
