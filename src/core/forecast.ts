/** What earlier goals came to beside what was assumed of them, and how good forecasts were. Types only. */
import type { Effort, Tier } from './contracts/plan.ts';

/** What tells tasks apart. */
export interface TaskKind {
  readonly agent: string;
  readonly tier: Tier;
  readonly effort: Effort;
}

/** What a finished task came to: actual divided by assumed. */
export interface TaskSample extends TaskKind {
  readonly goalId: string;
  readonly cost: number;
  readonly time: number;
}

/** Recent goals of the tenant. `closing`: synthesis and verification together, one entry per goal. */
export interface ForecastHistory {
  readonly tasks: readonly TaskSample[];
  readonly closing: readonly { readonly cost: number; readonly time: number }[];
}

/** How forecasts of ended goals turned out. Shares are 0 to 1, and null when there are no goals. */
export interface CalibrationFigure {
  /** Actual values within the 10th to 90th percentile; four of five are meant to be. */
  readonly inside: number | null;
  readonly below: number | null;
  readonly above: number | null;
  /** Median of actual divided by the middle of the range (geometric): 1 is right on average. */
  readonly medianRatio: number | null;
}

export interface Calibration {
  /** Ended goals with a forecast, the latest 1,000. */
  readonly goals: number;
  readonly cost: CalibrationFigure;
  readonly time: CalibrationFigure;
}
