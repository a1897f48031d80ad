/** Throughput within one large goal, against bare activities without latency (guarantee G26). Benchmark only. */
import { median } from './delays.ts';
import type { Engine } from './engines.ts';
import { type BenchPlan, scaled } from './plan.ts';

/** Calls a second: `bare` without latency, `ours` with the plan's own. */
export interface LargeFigures {
  readonly plan: string;
  readonly bare: number;
  readonly ours: number;
}

/** Runs `plan` so many times on each, in turn; medians. */
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
  return { plan: plan.name, bare: median(bare), ours: median(ours) };
}

async function callsASecond(engine: Engine, plan: BenchPlan): Promise<number> {
  const startedAt = performance.now();
  await engine.run(plan);
  return plan.tasks.length / ((performance.now() - startedAt) / 1_000);
}
