/** Throughput within one large goal, against bare activities without latency (guarantee G26). Benchmark only. */
import type { Engine } from './engines.ts';
import { type BenchPlan, scaled } from './plan.ts';

/** Calls a second: `bare` without latency, `ours` with the plan's own. */
export interface LargeFigures {
  readonly plan: string;
  readonly bare: number;
  readonly ours: number;
}

/** Runs `plan` once on each. */
export async function measureLarge(plan: BenchPlan, engines: { bare: Engine; ours: Engine }): Promise<LargeFigures> {
  const bare = await callsASecond(engines.bare, scaled(plan, 0));
  const ours = await callsASecond(engines.ours, plan);
  return { plan: plan.name, bare, ours };
}

async function callsASecond(engine: Engine, plan: BenchPlan): Promise<number> {
  const startedAt = performance.now();
  await engine.run(plan);
  return plan.tasks.length / ((performance.now() - startedAt) / 1_000);
}
