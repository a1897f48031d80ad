/** The figures that are held to something: a target, and an earlier run. All are better when smaller or larger, as said. Benchmark only, pure. */
import type { Figures } from './figures.ts';

/** One figure. `target` and `aim` are set where one is promised. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly better: 'smaller' | 'larger';
  readonly digits: number;
  readonly target?: number;
  readonly aim?: number;
  /** What an earlier run is compared by: against the bare reference of the same run where there is one. */
  readonly relative: number;
}

/** Share by which a figure may be worse than in an earlier run. */
export const TOLERANCE = 0.15;

/** The measures of a run. */
export function measuresOf(figures: Figures): readonly Measure[] {
  return [...planMeasures(figures), ...rateMeasures(figures), ...workerMeasures(figures)];
}

/** Whether the value is as good as `limit`. */
export function reaches({ value, better, digits }: Measure, limit: number): boolean {
  const rounded = Number(value.toFixed(digits));
  return better === 'smaller' ? rounded <= limit : rounded >= limit;
}

/** Measures that are worse than in an earlier run by more than TOLERANCE, in words; figures that only one has are left out. */
export function regressions(now: Figures, before: Figures): readonly string[] {
  const earlier = new Map(measuresOf(before).map((measure) => [measure.name, measure.relative]));
  return measuresOf(now).flatMap(({ name, better, relative }) => {
    const then = earlier.get(name);
    if (then === undefined || !(then > 0) || !(relative > 0)) return [];
    const worse = (better === 'smaller' ? relative / then : then / relative) - 1;
    return worse > TOLERANCE ? [`${name}: ${(worse * 100).toFixed(0)} % worse`] : [];
  });
}

function planMeasures({ plans }: Figures): Measure[] {
  return plans
    .filter(({ engine }) => engine === 'ours')
    .map(({ plan, ratio }) => {
      const bare = plans.find((one) => one.plan === plan && one.engine === 'bare')?.ratio ?? 1;
      const measure = { value: ratio, better: 'smaller', digits: 3, relative: ratio / bare } as const;
      return { name: `makespan / critical path: ${plan}`, ...measure, ...planTarget(plan) };
    });
}

function planTarget(plan: string): { target?: number; aim?: number } {
  if (plan.endsWith('(latencies × 10)')) return { target: 1.01 };
  if (plan.startsWith('chain')) return { target: 1.16, aim: 1.12 };
  return plan.startsWith('24 ') || plan.startsWith('50 ') ? { target: 1.07, aim: 1.05 } : {};
}

function rateMeasures({ rates, large }: Figures): Measure[] {
  const [bare, ours] = [rates.find(({ engine }) => engine === 'bare'), rates.find(({ engine }) => engine === 'ours')];
  if (!bare || !ours) return [];
  const share = ours.callsPerSecond / bare.callsPerSecond;
  const cpu = ({ cpuMsPerTask: { worker, temporal, postgres } }: typeof ours) => worker + temporal + postgres;
  const promised = { better: 'larger', digits: 2, target: 0.6 } as const;
  return [
    { name: 'share of the bare rate, without latency', value: share, relative: share, ...promised, aim: 0.8 },
    { name: `share of the bare rate: ${large.plan}`, ...promised, ...same(large.ours / large.bare) },
    { name: 'CPU ms a task', value: cpu(ours), better: 'smaller', digits: 1, relative: cpu(ours) / cpu(bare) },
    { name: 'history events a call', better: 'smaller', digits: 1, ...same(ours.historyEventsPerCall) },
    { name: 'history bytes a call', better: 'smaller', digits: 0, ...same(ours.historyBytesPerCall) },
    { name: 'memory of the worker, MB', better: 'smaller', digits: 0, ...same(ours.memoryMb.worker) },
  ];
}

function workerMeasures({ kill }: Figures): Measure[] {
  const inMs = { better: 'smaller', digits: 0 } as const;
  return [
    { name: 'kill -9 → next call, ms', ...inMs, ...same(kill.nextCallMs), target: 4_000, aim: 3_000 },
    { name: 'start of a worker → polling, ms', ...inMs, ...same(kill.startMs) },
  ];
}

function same(value: number): { value: number; relative: number } {
  return { value, relative: value };
}
