/** Goals made from others: what the store knows of the original, and what is taken over. Types only. */
import type { TaskStatus } from '../core/contracts/plan.ts';
import type { BlobRef } from '../core/contracts/refs.ts';
import type { GoalRequest } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { NewEvent } from './new-event.ts';

/** A goal as far as it can be forked, at one moment. */
export interface ForkSource {
  readonly request: GoalRequest;
  /** Absent until the goal has opened. */
  readonly snapshot?: string;
  /** Its plan in force. Absent until it has one. */
  readonly plan?: Plan;
  readonly tasks: readonly ForkSourceTask[];
}

export interface ForkSourceTask {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly costMicroUsd: number;
  /** Its latest result. */
  readonly result: { readonly revision: number; readonly output: string } | null;
}

/** A fork's plan and the results that it takes over. */
export interface NewFork {
  readonly tenant: string;
  readonly goalId: string;
  readonly from: string;
  readonly plan: Plan;
  readonly source: string;
  readonly reused: readonly ReusedResult[];
  readonly events: readonly NewEvent[];
}

/** `content`: hash of what it came from. */
export interface ReusedResult {
  readonly taskId: string;
  readonly revision: number;
  readonly output: string;
  readonly content: string;
}

/** The store's `forks`. */
export interface Forks {
  /** Undefined when the tenant has no such goal. */
  source(tenant: string, goalId: string): Promise<ForkSource | undefined>;
  /**
   * Accepts the plan, copies results and verdicts from the original and marks the tasks as done, with their origin. The
   * first call wins: later ones get what it took over, as ids.
   */
  accept(fork: NewFork): Promise<{ readonly ref: BlobRef; readonly reused: readonly string[] }>;
}
