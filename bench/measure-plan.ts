/** Makespan over critical path, and delays between dependent calls, of one plan on one engine. Benchmark only. */
import { delays, median, percentile, type SeenRequest } from './delays.ts';
import type { Engine } from './engines.ts';
import { type BenchPlan, criticalPathMs } from './plan.ts';
import type { Stage } from './stage.ts';

/** Medians over the repetitions; times in ms. */
export interface PlanFigures {
  readonly plan: string;
  readonly engine: Engine['name'];
  readonly criticalPathMs: number;
  /** From asking for the run to having its result. */
  readonly makespanMs: number;
  readonly ratio: number;
  /** From the first request to the last answer, over the critical path. */
  readonly callsRatio: number;
  /** From the last dependency's answer to the next request; null when no task has a dependency. */
  readonly delayP50Ms: number | null;
  readonly delayP95Ms: number | null;
  readonly runs: readonly number[];
}

/** Runs `plan` so many times. */
export async function measurePlan(
  { simulator }: Stage,
  engine: Engine,
  { plan, times }: { plan: BenchPlan; times: number },
): Promise<PlanFigures> {
  const spans: number[] = [];
  const calls: number[] = [];
  const waits: number[] = [];
  await simulator.ask('requests');
  for (let time = 0; time < times; time++) {
    const startedAt = performance.now();
    await engine.run(plan);
    spans.push(performance.now() - startedAt);
    const requests = await simulator.ask<SeenRequest[]>('requests');
    calls.push(spanOf(requests));
    waits.push(...delays(plan, requests));
  }
  const criticalMs = criticalPathMs(plan);
  return {
    ...{ plan: plan.name, engine: engine.name, criticalPathMs: criticalMs, makespanMs: median(spans) },
    ...{ ratio: median(spans) / criticalMs, callsRatio: median(calls) / criticalMs, runs: spans },
    delayP50Ms: waits.length > 0 ? percentile(waits, 0.5) : null,
    delayP95Ms: waits.length > 0 ? percentile(waits, 0.95) : null,
  };
}

function spanOf(requests: readonly SeenRequest[]): number {
  const ends = requests.map(({ at, durationMs = 0 }) => at + durationMs);
  return Math.max(...ends) - Math.min(...requests.map(({ at }) => at));
}
