/** A schedule as a person defines it, and as it is shown: zod schema and types. Host side only (zod). */
import { z } from 'zod';
import { MAX_BUDGET_USD, MIN_BUDGET_USD } from './contracts/budget.ts';
import type { GoalStatus } from './contracts/goal.ts';
import type { BudgetAccount } from './goal.ts';
import { goalRequestSchema } from './goal.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration such as `90s`, `15m`, `1h`, `7d` in milliseconds. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * UNITS[text.slice(-1) as keyof typeof UNITS];
}

const duration = z.string().regex(/^\d{1,6}[smhd]$/, 'is not a duration such as 90s, 15m, 1h or 7d');
const field = z.union([z.int(), z.string().min(1).max(200)]);
/** A moment, with its offset from UTC. */
export const timeSchema = z.iso.datetime({ offset: true, error: 'is not a time such as 2027-03-28T02:30:00Z' });

/**
 * When a tick comes while the goal before still runs. `terminateOther` ends the tick's workflow only: its goal is a child
 * that is then cancelled, as it must write its end down.
 */
export const OVERLAPS = ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'terminateOther', 'allowAll'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** The name of a schedule. */
export const scheduleIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'is not lower-case letters, digits and hyphens, 64 at most');

/** A schedule at any door: unknown fields are refused, nothing is coerced. Exactly one of cron, interval, calendar. */
export const scheduleSchema = z.strictObject({
  id: scheduleIdSchema.describe('Its name.'),
  goal: goalRequestSchema
    .omit({ idempotencyKey: true })
    .describe('The goal of each tick; texts may hold {{variables}}.'),
  cron: z.string().min(1).max(200).optional().describe('Five fields, or a shortcut such as @daily.'),
  interval: z
    .strictObject({ every: duration, offset: duration.optional() })
    .optional()
    .describe('Every so often, counted from 1970, shifted by the offset.'),
  calendar: z
    .array(
      z.strictObject({
        minute: field.default(0),
        hour: field.default(0),
        dayOfMonth: field.default('*'),
        month: field.default('*'),
        dayOfWeek: field.default('*'),
        year: field.default('*'),
      }),
    )
    .min(1)
    .max(20)
    .optional()
    .describe('Rules of which one must match in all its fields.'),
  timezone: z.string().min(1).max(64).default('UTC').describe('IANA name, e.g. Europe/Berlin.'),
  jitter: duration.optional().describe('Each tick is put off by a random time up to this.'),
  overlap: z.enum(OVERLAPS).default('skip').describe('When the goal of the tick before still runs.'),
  catchupWindow: duration.default('10m').describe('A tick that could not start for so long is missed. At least 10s.'),
  budgetUsd: z
    .number()
    .min(MIN_BUDGET_USD)
    .max(MAX_BUDGET_USD)
    .optional()
    .describe('USD that all its goals together may spend.'),
  startAt: timeSchema.optional().describe('No tick before this time.'),
  endAt: timeSchema.optional().describe('No tick after this time.'),
  limitActions: z.int().min(1).max(1_000_000).optional().describe('So many ticks, then no more.'),
  note: z.string().max(200).optional().describe('For people.'),
  variables: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/), z.string().max(4_000))
    .optional()
    .describe('Values of your own variables.'),
});
export type Schedule = z.infer<typeof scheduleSchema>;
export type ScheduleInput = z.input<typeof scheduleSchema>;

/** What became of one tick. Times are ISO 8601 in UTC. */
export interface TickView {
  readonly scheduledAt: string;
  /**
   * `goal`: it started one. `skipped`: it reached us and started none. `overlap`: the goal before still ran. `missed`: it
   * never came, as the schedule was paused or the server away for longer than the catch-up window.
   */
  readonly outcome: 'goal' | 'skipped' | 'overlap' | 'missed';
  readonly goalId: string | null;
  readonly status: GoalStatus | null;
  /** Why there is no goal. */
  readonly reason: string | null;
  readonly late: boolean;
  /** From the scheduled to the real start. */
  readonly lateMs: number;
}

/** A schedule in a list. */
export interface ScheduleSummary {
  readonly id: string;
  readonly when: string;
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly paused: boolean;
  readonly note: string | null;
  /** Null: no more. */
  readonly next: string | null;
  readonly last: TickView | null;
}

/** Everything about a schedule. */
export interface ScheduleDetail extends ScheduleSummary {
  readonly definition: Schedule;
  readonly hash: string;
  readonly author: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The next ten times, also while it is paused: in UTC, and on the clocks of its zone. */
  readonly times: readonly { readonly at: string; readonly local: string }[];
  /** Changes of the clocks in the next 400 days that leave ticks out. */
  readonly clockNotes: readonly string[];
  /** Ticks that will still come, when they are limited. */
  readonly remaining: number | null;
  readonly started: number;
  /** Counted by Temporal: not started in time, as the server was away. */
  readonly missed: number;
  /** Counted by Temporal: the goal before still ran. */
  readonly overlapped: number;
  /** Newest first. */
  readonly ticks: readonly TickView[];
  readonly budget: BudgetAccount | null;
}
