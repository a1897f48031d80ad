/** Plans as the benchmark sees them: tasks that are one model call of a known length. Benchmark only. */
import type { GoalRequestInput } from '../src/core/goal.ts';
import { random } from '../src/testing/random.ts';

/** One task: one call that takes `latencyMs`. */
export interface BenchTask {
  readonly id: string;
  readonly latencyMs: number;
  readonly dependsOn: readonly string[];
}

export interface BenchPlan {
  readonly name: string;
  readonly tasks: readonly BenchTask[];
  /** Layers or a random graph: the plans that a barrier between layers slows down. */
  readonly irregular: boolean;
  /** Calls at once at most; default: as many as can. */
  readonly atOnce?: number;
}

/** The five plans, the same ones at every run. */
export function benchPlans(): readonly BenchPlan[] {
  return [chain(10, 200), fan(20, 200), layers(), randomGraph(50), flat(200, 200)];
}

/** 1,000 tasks of 50 ms, 50 of them at once: what guarantee G26 is measured on. */
export function largePlan(): BenchPlan {
  const { tasks } = randomGraph(1_000);
  return {
    ...{ name: '1,000 in a random graph × 50 ms, 50 at once', irregular: false, atOnce: 50 },
    tasks: tasks.map((one) => ({ ...one, latencyMs: 50 })),
  };
}

function chain(length: number, latencyMs: number): BenchPlan {
  const tasks = Array.from({ length }, (_unused, index) => task(index, latencyMs, index === 0 ? [] : [index - 1]));
  return { name: `chain of ${length} × ${latencyMs} ms`, tasks, irregular: false };
}

function fan(width: number, latencyMs: number): BenchPlan {
  const middle = Array.from({ length: width }, (_unused, index) => index + 1);
  const tasks = [
    task(0, latencyMs, []),
    ...middle.map((index) => task(index, latencyMs, [0])),
    task(width + 1, latencyMs, middle),
  ];
  return { name: `1 → ${width} → 1 × ${latencyMs} ms`, tasks, irregular: false };
}

/** Six layers of four; each task needs one to three of the layer before. */
function layers(): BenchPlan {
  const next = random(24);
  const tasks = Array.from({ length: 24 }, (_unused, index) => {
    const layer = Math.floor(index / 4);
    const before =
      layer === 0
        ? []
        : pick(
            next,
            [0, 1, 2, 3].map((place) => (layer - 1) * 4 + place),
            3,
          );
    return task(index, 100 + Math.floor(next() * 800), before);
  });
  return { name: '24 in irregular layers, 100–900 ms', tasks, irregular: true };
}

function randomGraph(size: number): BenchPlan {
  const next = random(50);
  const tasks = Array.from({ length: size }, (_unused, index) => {
    const earlier = Array.from({ length: index }, (_none, at) => at);
    const before = index < 6 ? [] : pick(next, earlier, 3);
    return task(index, 50 + Math.floor(next() * 950), before);
  });
  return { name: `${size} in a random graph, 50–1000 ms`, tasks, irregular: true };
}

function flat(width: number, latencyMs: number): BenchPlan {
  const tasks = Array.from({ length: width }, (_unused, index) => task(index, latencyMs, []));
  return { name: `${width} at once × ${latencyMs} ms`, tasks, irregular: false };
}

function task(index: number, latencyMs: number, dependsOn: readonly number[]): BenchTask {
  return { id: `t${index}`, latencyMs, dependsOn: dependsOn.map((at) => `t${at}`) };
}

/** One to `most` different values. */
function pick(next: () => number, values: readonly number[], most: number): readonly number[] {
  const count = 1 + Math.floor(next() * most);
  const found = new Set<number>();
  for (let tries = 0; tries < count; tries++) found.add(values[Math.floor(next() * values.length)] ?? 0);
  return [...found].sort((a, b) => a - b);
}

/** The same graph with every latency times `factor` (0: no latency). */
export function scaled(plan: BenchPlan, factor: number): BenchPlan {
  const name = factor === 1 ? plan.name : `${plan.name} (latencies × ${factor})`;
  return { ...plan, name, tasks: plan.tasks.map((one) => ({ ...one, latencyMs: one.latencyMs * factor })) };
}

/** Longest way through the plan, ms. */
export function criticalPathMs({ tasks }: BenchPlan): number {
  const endsAt = new Map<string, number>();
  for (const { id, latencyMs, dependsOn } of tasks) {
    endsAt.set(id, latencyMs + Math.max(0, ...dependsOn.map((before) => endsAt.get(before) ?? 0)));
  }
  return Math.max(...endsAt.values());
}

/** What the simulator reads a call's latency from. */
export const latencyText = (latencyMs: number): string => `Answer at once. latency=${latencyMs}`;

/** The plan as a goal without verification and synthesis. */
export function goalRequest(plan: BenchPlan): GoalRequestInput {
  return {
    text: `Benchmark: ${plan.tasks.length} calls.`,
    verify: 'off',
    synthesis: false,
    maxParallelTasks: plan.atOnce ?? 500,
    maxTasks: plan.tasks.length,
    plan: {
      title: 'Benchmark',
      tasks: plan.tasks.map(({ id, latencyMs, dependsOn }) => ({
        ...{ id, title: `Task ${id}`, instructions: latencyText(latencyMs), agent: 'generalist', tier: 'fast' },
        dependsOn: [...dependsOn],
      })),
    },
  };
}
