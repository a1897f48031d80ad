/** Our metrics on the meter of this process's Temporal runtime. Host side. */
import { Runtime } from '@temporalio/worker';
import { type GoalGauges, goalGauges } from './metrics.ts';

/** Gauges of open goals; call it after the runtime was installed. */
export function runtimeGoalGauges(): GoalGauges {
  return goalGauges(Runtime.instance().metricMeter);
}
