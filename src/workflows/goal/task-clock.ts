/** A task's time: wall time less what the goal waited for people. No timer of its own. Workflow side. */
import { waitedMs } from './awaiting.ts';
import type { GoalRun } from './goal-run.ts';

/** When a task's time is over, as reckoned when it started. */
export interface TaskClock {
  /** Put off by what the task waits for batches. */
  endsAtMs: number;
  /** What the goal had waited by then. */
  readonly waitedMs: number;
}

/** A clock that starts now. */
export function startClock(run: GoalRun, timeoutMs: number): TaskClock {
  return { endsAtMs: Date.now() + timeoutMs, waitedMs: waitedMs(run) };
}

/** Milliseconds left, at least 0. */
export function msLeft(run: GoalRun, clock: TaskClock): number {
  return Math.max(0, clock.endsAtMs + waitedMs(run) - clock.waitedMs - Date.now());
}

/** The activity options that hold the task's time. Calls outside any task have none. */
export function timeLeft(run: GoalRun, clock: TaskClock | undefined): { scheduleToCloseTimeout?: number } {
  return clock === undefined ? {} : { scheduleToCloseTimeout: Math.max(1, msLeft(run, clock)) };
}
