/** Throughput within one large goal, against bare activities without latency (guarantee G26). Benchmark only. */
import type { Engine } from './engines.ts';
import { type BenchPlan, scaled } from './plan.ts';

/** Calls a second of all rounds together, and round by round: `bare` without latency, `ours` with the plan's own. */
export interface LargeFigures {
  readonly plan: string;
  readonly bare: number;
  readonly ours: number;
  readonly rounds: { readonly bare: readonly number[]; readonly ours: readonly number[] };
}

/** Runs `plan` so many times on each, in turn. */
export async function measureLarge(
  plan: BenchPlan,
  { engines, times }: { engines: { bare: Engine; ours: Engine }; times: number },
): Promise<LargeFigures> {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let time = 0; time < times; time++) {
    bare.push(await callsASecond(engines.bare, scaled(plan, 0)));
    ours.push(await callsASecond(engines.ours, plan));
  }
  return { plan: plan.name, bare: together(bare), ours: together(ours), rounds: { bare, ours } };
}

/** The rate of rounds of as many calls each, at these rates. */
function together(rates: readonly number[]): number {
  return rates.length / rates.reduce((seconds, rate) => seconds + 1 / rate, 0);
}

async function callsASecond(engine: Engine, plan: BenchPlan): Promise<number> {
  const startedAt = performance.now();
  await engine.run(plan);
  return plan.tasks.length / ((performance.now() - startedAt) / 1_000);
}
