/** What a plan will probably cost and how long it will take: ranges from simulated runs of the plan. Pure, deterministic. */
import type { Range } from '../core/contracts/goal.ts';
import type { Effort, TaskSkeleton, Tier } from '../core/contracts/plan.ts';
import { createHeap } from './heap.ts';
import { createSchedule } from './schedule.ts';

/** Prices of a tier in micro-USD per token (which is USD per million tokens), and its speed. */
export interface TierRate {
  readonly input: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  readonly output: number;
  /** Default: an assumption per tier. */
  readonly outputTokensPerSecond?: number;
}

export interface ForecastInput {
  readonly tasks: readonly TaskSkeleton[];
  readonly rates: Readonly<Record<Tier, TierRate>>;
  readonly maxParallel: number;
  /** Tokens of each task's first request, counted or estimated (`estimateTokens`), in plan order. */
  readonly promptTokens: readonly number[];
  /** Calls beside the tasks, e.g. synthesis and verification, one after the other at the end. */
  readonly closingCalls?: readonly { readonly tier: Tier; readonly promptTokens: number }[];
}

/** Ranges from the 10th to the 90th percentile: money in micro-USD, time in ms. */
export interface Forecast {
  readonly costMicroUsd: Range;
  readonly durationMs: Range;
}

/** What a task of each size is taken to be: model calls, output tokens and tool result tokens per call. */
const SIZES: Readonly<
  Record<Effort, { readonly turns: number; readonly output: number; readonly toolResult: number }>
> = {
  S: { turns: 2, output: 600, toolResult: 600 },
  M: { turns: 4, output: 1_000, toolResult: 1_500 },
  L: { turns: 8, output: 1_500, toolResult: 3_000 },
};
/** A closing call: one answer of this many tokens. */
const CLOSING_OUTPUT = 3_000;
/** Tokens of a dependency's result in the request of a task. */
const HANDED_OVER = 1_200;
const SPEED: Readonly<Record<Tier, number>> = { fast: 150, balanced: 80, deep: 50 };
const MS_TO_FIRST_TOKEN = 1_500;
/** Spread of the log-normal factors: one that all tasks of a run share, and one for each task. */
const SHARED_SPREAD = 0.35;
const TASK_SPREAD = 0.5;
const RUNS = 100;

/**
 * The plan is run RUNS times on the real scheduler without failures. Each task's cost and time are its assumed size times
 * log-normal factors with median 1; the shared factor stands for all tasks being larger or smaller than assumed, so the
 * range does not shrink as tasks are added. The sizes are assumptions, not measurements, and retries, revisions and
 * replans are not in it: a guide to the order of magnitude, never a limit. Equal inputs give equal results.
 */
export function forecastPlan(input: ForecastInput): Forecast {
  const random = createRandom(input.tasks.length);
  const expected = new Map(
    input.tasks.map((task, i) => [task.id, expectTask(task, input, input.promptTokens[i] ?? 0)]),
  );
  const closing = (input.closingCalls ?? []).map((call) =>
    expectCall(call.promptTokens, CLOSING_OUTPUT, paceOf(input.rates, call.tier)),
  );
  const costs: number[] = [];
  const durations: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const shared = factor(random, SHARED_SPREAD);
    const factors = new Map(input.tasks.map((task) => [task.id, shared * factor(random, TASK_SPREAD)]));
    const closingFactor = shared * factor(random, TASK_SPREAD);
    costs.push(
      total([...expected].map(([id, { cost }]) => cost * (factors.get(id) ?? 1))) +
        total(closing.map(({ cost }) => cost)) * closingFactor,
    );
    const timeOf = (id: string) => (expected.get(id)?.ms ?? 0) * (factors.get(id) ?? 1);
    durations.push(makespan(input, timeOf) + total(closing.map(({ ms }) => ms)) * closingFactor);
  }
  return { costMicroUsd: range(costs), durationMs: range(durations) };
}

/** Tokens of a text, roughly: a quarter of its UTF-8 bytes. Use the API's count where it matters. */
export function estimateTokens(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return Math.ceil(bytes / 4);
}

interface Expected {
  /** micro-USD. */
  readonly cost: number;
  readonly ms: number;
}

/** Prices and output tokens per second of one tier. */
interface Pace {
  readonly rate: TierRate;
  readonly speed: number;
}

function paceOf(rates: ForecastInput['rates'], tier: Tier): Pace {
  return { rate: rates[tier], speed: rates[tier].outputTokensPerSecond ?? SPEED[tier] };
}

/** A task without luck: its conversation grows by each answer and tool result, and what was sent before is read from the cache. */
function expectTask(task: TaskSkeleton, { rates }: ForecastInput, promptTokens: number): Expected {
  const { turns, output, toolResult } = SIZES[task.effort];
  const pace = paceOf(rates, task.tier);
  const { rate } = pace;
  let sent = promptTokens + task.dependsOn.length * HANDED_OVER;
  let { cost, ms } = expectCall(sent, output, pace);
  for (let turn = 2; turn <= turns; turn++) {
    const added = output + toolResult;
    cost += sent * rate.cacheRead + added * rate.cacheWrite + output * rate.output;
    ms += callMs(output, pace.speed);
    sent += added;
  }
  return { cost, ms };
}

function expectCall(promptTokens: number, output: number, { rate, speed }: Pace): Expected {
  return { cost: promptTokens * rate.cacheWrite + output * rate.output, ms: callMs(output, speed) };
}

function callMs(output: number, speed: number): number {
  return MS_TO_FIRST_TOKEN + (output * 1_000) / speed;
}

/** Time in ms until all tasks are done when the scheduler runs them without failures. */
function makespan({ tasks, maxParallel }: ForecastInput, timeOf: (id: string) => number): number {
  const schedule = createSchedule(tasks, { maxParallel });
  const running = createHeap<{ readonly id: string; readonly endsAt: number }>((a, b) => a.endsAt < b.endsAt);
  let now = 0;
  for (;;) {
    for (const { id } of schedule.next()) running.push({ id, endsAt: now + timeOf(id) });
    const first = running.pop();
    if (!first) return now;
    now = first.endsAt;
    schedule.done(first.id);
  }
}

function range(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return { low: at(0.1), high: at(0.9) };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Log-normal with median 1, by Box–Muller. */
function factor(random: () => number, spread: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(spread * normal);
}

/** mulberry32: numbers in [0, 1) that a seed determines. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
