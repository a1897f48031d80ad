/** Times from a run's requests: makespan, and how long after its last dependency a call was sent. Benchmark only, pure. */
import type { BenchPlan } from './plan.ts';

/** A request as the simulator saw it; times in epoch ms. */
export interface SeenRequest {
  readonly key: string;
  readonly at: number;
  readonly durationMs?: number;
  readonly status: number;
}

/** From the end of the last dependency to the arrival of the next request, ms, for each task that has one. */
export function delays(plan: BenchPlan, requests: readonly SeenRequest[]): number[] {
  const byTask = new Map(requests.map((request) => [request.key.split('/')[1] ?? '', request]));
  return plan.tasks.flatMap(({ id, dependsOn }) => {
    const own = byTask.get(id);
    if (own === undefined || dependsOn.length === 0) return [];
    return [own.at - Math.max(...dependsOn.map((before) => endOf(byTask.get(before))))];
  });
}

/** When its answer ended. */
export function endOf(request: SeenRequest | undefined): number {
  return (request?.at ?? 0) + (request?.durationMs ?? 0);
}

/** The value that `share` of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
