/** The store's schedules as the other rooms see them. Types only. */
import type { GoalStatus } from '../core/contracts/goal.ts';
import type { Schedule } from '../core/schedule.ts';
import type { NewGoal, StartedGoal } from './new-goal.ts';

/** A schedule as it is stored. Times are ISO 8601 in UTC. */
export interface StoredSchedule {
  readonly tenant: string;
  readonly definition: Schedule;
  /** Of the definition; ticks name the one they followed. */
  readonly hash: string;
  readonly author: string;
  readonly simulated: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A tick that a worker has taken up. */
export interface NewTick {
  readonly tenant: string;
  readonly scheduleId: string;
  readonly nominalMs: number;
  readonly hash: string;
  readonly late: boolean;
  readonly lateMs: number;
}

/** A tick that has reached us. */
export interface StoredTick {
  readonly scheduledAt: string;
  readonly goalId: string | null;
  readonly status: GoalStatus | null;
  readonly endedAt: string | null;
  readonly skipped: string | null;
  readonly late: boolean;
  readonly lateMs: number;
}

/** Schedules and what became of their ticks. */
export interface ScheduleStore {
  /** Inserts it, or replaces its definition; `false` when `isNew` and there is one already. */
  save(schedule: Omit<StoredSchedule, 'createdAt' | 'updatedAt'>, isNew: boolean): Promise<boolean>;
  get(tenant: string, scheduleId: string): Promise<StoredSchedule | undefined>;
  list(tenant: string): Promise<readonly StoredSchedule[]>;
  /** Its ticks and goals stay. */
  remove(tenant: string, scheduleId: string): Promise<boolean>;
  /** The tick's goal: the one it has, else `goal` is created. One transaction. */
  begin(tick: NewTick, goal: NewGoal): Promise<StartedGoal>;
  /** Writes down why a tick has no goal. */
  skip(tick: NewTick, reason: string): Promise<void>;
  /** Newest first, at most `limit`. */
  ticks(tenant: string, scheduleId: string, limit: number): Promise<readonly StoredTick[]>;
  /** The goal of a tick; undefined when it has none. */
  goalOf(tenant: string, scheduleId: string, nominalMs: number): Promise<string | undefined>;
  /** The latest goal before `nominalMs` that has ended: status, and hash of its deliverable. */
  lastEnd(
    tenant: string,
    scheduleId: string,
    nominalMs: number,
  ): Promise<{ readonly status: GoalStatus; readonly deliverable: string | null } | undefined>;
}
