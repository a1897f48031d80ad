/** Input, result and activity of the workflow that a schedule starts: JSON shapes only. Sandbox-safe. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { FinalStatus } from './goal.ts';

/** Input of `scheduledGoalWorkflow`; which tick it is stands in a search attribute of the server's. */
export interface ScheduledGoalInput {
  readonly tenant: string;
  readonly scheduleId: string;
}

/** Its result. */
export interface ScheduledGoalResult {
  readonly goalId?: string;
  /** `elsewhere`: the goal was started by another way and is not waited for. */
  readonly status: FinalStatus | 'skipped' | 'elsewhere';
  /** Why it was skipped. */
  readonly reason?: string;
}

/** One tick. */
export interface TickInput extends ScheduledGoalInput {
  readonly nominalMs: number;
  /** When the server started the workflow. */
  readonly startedMs: number;
  /** When a worker took it up. */
  readonly nowMs: number;
}

/** The goal of a tick as Temporal is told about it, or why there is none. */
export type TickResult =
  | { readonly skipped: string }
  | {
      readonly goalId: string;
      /** At most MAX_LABEL_BYTES. */
      readonly label: string;
      readonly tags: readonly string[];
      /** 1 (last) to 5 (first). */
      readonly priority: number;
      /** The tenant's weight. */
      readonly weight: number;
    };

/** Served by `workflow` workers, as a local activity. */
export interface ScheduleActivities {
  /** Makes the goal of a tick, once, or says why not. */
  createScheduledGoal(input: TickInput): Promise<TickResult>;
}

/** The tick's time, set by the server. */
export const scheduledStartTime = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);
