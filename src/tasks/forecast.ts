/** What a plan will probably cost and how long it will take: ranges from simulated runs of the plan. Pure, deterministic. */
import type { Range } from '../core/contracts/goal.ts';
import type { Effort, TaskSkeleton, Tier } from '../core/contracts/plan.ts';
import type { ForecastHistory } from '../core/forecast.ts';
import { type Factors, learnFactors, total } from './forecast-history.ts';
import { topologicalOrder } from './graph.ts';
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
  /** Default: none. */
  readonly history?: ForecastHistory;
}

/** What is assumed of one task: micro-USD, and ms. */
interface Expected {
  readonly cost: number;
  readonly ms: number;
}

/** Ranges from the 10th to the 90th percentile: money in micro-USD, time in ms. */
export interface Forecast {
  readonly costMicroUsd: Range;
  readonly durationMs: Range;
  /** What is assumed without history, for the history of later forecasts; tasks in plan order. */
  readonly expected: { readonly tasks: readonly Expected[]; readonly closing: Expected };
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
/** Simulated runs of a plan: fewer of a large one. */
const runsFor = (tasks: number): number => (tasks <= 100 ? 200 : tasks <= 200 ? 100 : Math.ceil(20_000 / tasks));
const NO_HISTORY: ForecastHistory = { tasks: [], closing: [] };

/**
 * The plan is run many times on the real scheduler without failures of whole tasks. Each task's cost and time are its
 * assumed size times factors: one that all tasks of a run share, so that the range does not shrink as tasks are added,
 * and one for each task with its retries and revisions. Without history the factors are assumed too; with it they are
 * more and more what was seen (see forecast-history.ts). Replans are not in it. A guide, never a limit. Equal inputs give
 * equal results.
 */
export function forecastPlan(input: ForecastInput): Forecast {
  const random = createRandom(input.tasks.length);
  const expected = input.tasks.map((task, i) => expectTask(task, input, input.promptTokens[i] ?? 0));
  const closing = sum(
    (input.closingCalls ?? []).map((call) =>
      expectCall(call.promptTokens, CLOSING_OUTPUT, paceOf(input.rates, call.tier)),
    ),
  );
  const { cost, time } = learnFactors(input.history ?? NO_HISTORY);
  const { tasks } = input;
  const plan = { tasks, expected, closing, random };
  const runCost = simulated(plan, 'cost', { factors: cost, whole: total });
  const runTime = simulated(plan, 'ms', { factors: time, whole: makespanOf(input) });
  const runs = Array.from({ length: runsFor(tasks.length) }, () => ({ cost: runCost(), ms: runTime() }));
  return {
    costMicroUsd: range(runs.map((run) => run.cost)),
    durationMs: range(runs.map((run) => run.ms)),
    expected: { tasks: expected.map(rounded), closing: rounded(closing) },
  };
}

/** A plan whose runs are simulated. */
interface Simulated {
  readonly tasks: readonly TaskSkeleton[];
  readonly expected: readonly Expected[];
  readonly closing: Expected;
  readonly random: () => number;
}

/** How one of its figures differs from what is expected, and what the figures of all tasks come to. */
interface Outcome {
  readonly factors: Factors;
  readonly whole: (values: readonly number[]) => number;
}

/** Each call is one simulated run of the plan. It is run hundreds of times: nothing is made anew for a run. */
function simulated(plan: Simulated, figure: keyof Expected, { factors, whole }: Outcome): () => number {
  const { random } = plan;
  const draws = plan.tasks.map((task) => factors.task(task));
  const expected = plan.expected.map((task) => task[figure]);
  const values = [...expected];
  return () => {
    for (const [i, draw] of draws.entries()) values[i] = (expected[i] ?? 0) * draw(random);
    return factors.shared(random) * (whole(values) + plan.closing[figure] * factors.closing(random));
  };
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

function sum(parts: readonly Expected[]): Expected {
  return { cost: total(parts.map(({ cost }) => cost)), ms: total(parts.map(({ ms }) => ms)) };
}

function rounded({ cost, ms }: Expected): Expected {
  return { cost: Math.round(cost), ms: Math.round(ms) };
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

/** Time in ms until all tasks are done, from the time of each in plan order. */
type Makespan = (times: readonly number[]) => number;

/** As the scheduler runs them, without failures; when all may run at once nothing has to be scheduled. */
function makespanOf(input: ForecastInput): Makespan {
  return input.maxParallel >= input.tasks.length ? longestPath(input.tasks) : scheduled(input);
}

function longestPath(tasks: readonly TaskSkeleton[]): Makespan {
  const order = topologicalOrder(tasks);
  const ends = tasks.map(() => 0);
  return (times) => {
    let last = 0;
    for (const at of order) {
      let end = 0;
      for (const before of tasks[at]?.dependsOn ?? []) end = Math.max(end, ends[before] ?? 0);
      end += times[at] ?? 0;
      ends[at] = end;
      last = Math.max(last, end);
    }
    return last;
  };
}

function scheduled({ tasks, maxParallel }: ForecastInput): Makespan {
  const positions = new Map(tasks.map(({ id }, at) => [id, at]));
  return (times) => {
    const schedule = createSchedule(tasks, { maxParallel });
    const running = createHeap<{ readonly id: string; readonly endsAt: number }>((a, b) => a.endsAt < b.endsAt);
    let now = 0;
    for (;;) {
      for (const { id } of schedule.next()) running.push({ id, endsAt: now + (times[positions.get(id) ?? -1] ?? 0) });
      const first = running.pop();
      if (!first) return now;
      now = first.endsAt;
      schedule.done(first.id);
    }
  };
}

function range(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return { low: at(0.1), high: at(0.9) };
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
