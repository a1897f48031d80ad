/** The store's part on forecasts. Types only. */
import type { ForecastRecord } from '../core/contracts/goal.ts';
import type { ForecastHistory } from '../core/forecast.ts';

export interface Forecasts {
  /** What recent goals of the tenant came to that are simulated, or not, as `goalId` is; a minute old at most. */
  history(tenant: string, goalId: string): Promise<ForecastHistory>;
  /** The forecast of the plan that the goal began with and its course until then; undefined when no task began. */
  course(tenant: string, goalId: string, endedAtMs: number): Promise<ForecastRecord | undefined>;
  /** Of the tenant's latest goals that have ended, at most 1,000. */
  records(tenant: string): Promise<readonly ForecastRecord[]>;
}
