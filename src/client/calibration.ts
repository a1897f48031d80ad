/** How good forecasts were: over the goals that have ended. Host side. */
import type { ForecastRecord, Range } from '../core/contracts/goal.ts';
import type { Calibration, CalibrationFigure } from '../core/forecast.ts';
import type { ClientParts } from './client-parts.ts';

/** Over the tenant's latest goals. */
export async function readCalibration({ store, tenant }: ClientParts): Promise<Calibration> {
  return calibrate(await store.forecasts.records(tenant));
}

/** Sums the records up; those without an actual course do not count. */
export function calibrate(records: readonly ForecastRecord[]): Calibration {
  const ended = records.flatMap(({ actual, ...forecast }) => (actual ? [{ actual, ...forecast }] : []));
  return {
    goals: ended.length,
    cost: figureOf(ended.map(({ actual, costMicroUsd }) => ({ range: costMicroUsd, value: actual.costMicroUsd }))),
    time: figureOf(ended.map(({ actual, durationMs }) => ({ range: durationMs, value: actual.durationMs }))),
  };
}

function figureOf(pairs: readonly { readonly range: Range; readonly value: number }[]): CalibrationFigure {
  if (pairs.length === 0) return { inside: null, below: null, above: null, medianRatio: null };
  const share = (holds: (pair: (typeof pairs)[number]) => boolean) => pairs.filter(holds).length / pairs.length;
  const below = share(({ range, value }) => value < range.low);
  const above = share(({ range, value }) => value > range.high);
  const ratios = pairs.map(({ range, value }) => value / Math.max(1, Math.sqrt(range.low * range.high)));
  return { inside: 1 - below - above, below, above, medianRatio: median(ratios) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return (low + high) / 2;
}
