/** A goal as it is accepted. Types only. */
import type { GoalRequest } from '../core/goal.ts';

/** A goal that is accepted. */
export interface NewGoal {
  readonly goalId: string;
  readonly tenant: string;
  readonly request: GoalRequest;
  readonly simulated: boolean;
  /** The budget account of what started it: its parent goal's or schedule's. */
  readonly parentAccount?: string;
}

export interface StartedGoal {
  readonly goalId: string;
  /** False when the idempotency key named an existing goal. */
  readonly created: boolean;
}
