/** What finished tasks teach a forecast: how far they were from what was assumed, and how widely they spread. Pure, deterministic. */
import type { ForecastHistory, TaskKind } from '../core/forecast.ts';
import { oncePer } from '../core/once-per.ts';

/** Factors on what is assumed, drawn anew for each simulated run. */
export interface Factors {
  /** How the whole goal differs; one draw per run. */
  shared(random: () => number): number;
  /** Of a task of this kind: what is the same in each run is reckoned once. */
  task(kind: TaskKind): (random: () => number) => number;
  closing(random: () => number): number;
}

/** So many samples weigh as much as what is assumed: of spreads, and of what is typical. */
const PRIOR = 10;
const TYPICAL_PRIOR = 4;
/** Assumed spread (log-normal): one that all tasks of a goal share, and one for each task. */
const SHARED_SPREAD = 0.35;
const TASK_SPREAD = 0.5;
/** Assumed share of tasks that are tried again or sent back once, and what that adds. */
const AGAIN = 0.15;
const AGAIN_FACTOR = 1.8;
/** What was seen fits what is typical of it too well: the next goal is further off. */
const WIDEN = 1.15;
/** Outliers, such as a night's wait, count as this at most (a factor of 20). */
const MAX_LOG = Math.log(20);

const nameOf = ({ agent, tier, effort }: TaskKind) => `${agent}/${tier}/${effort}`;

/** From general to special: a kind with few samples is taken to be like its relatives. */
const LEVELS: readonly ((kind: TaskKind) => string)[] = [
  () => '',
  ({ effort }) => effort,
  ({ tier, effort }) => `${tier}/${effort}`,
  ({ agent }) => agent,
  nameOf,
];

/**
 * Factors for cost and time: what is assumed without samples, more and more what was seen with them. Many plans are
 * forecast by the same history.
 */
export const learnFactors = oncePer((history: ForecastHistory): Readonly<Record<'cost' | 'time', Factors>> => {
  const kinds = grouped(history.tasks, nameOf);
  const groups = {
    kinds: kinds.of,
    levels: LEVELS.map((key) => grouped(kinds.first, key)),
    goals: grouped(history.tasks, ({ goalId }) => goalId),
  };
  return { cost: factorsOf(history, 'cost', groups), time: factorsOf(history, 'time', groups) };
});

/** Things by name: which group each is in, numbered in the order in which they come, and the first one of each. */
interface Grouping<T> {
  readonly numbers: ReadonlyMap<string, number>;
  readonly of: readonly number[];
  readonly first: readonly T[];
}

/** The kind of each sample by number, what each level takes the kinds for, and the goals of the samples. */
interface Groups {
  readonly kinds: readonly number[];
  readonly levels: readonly Grouping<TaskKind>[];
  readonly goals: Grouping<unknown>;
}

function factorsOf(history: ForecastHistory, what: 'cost' | 'time', groups: Groups): Factors {
  const { kinds, goals } = groups;
  const logs = history.tasks.map((sample) => logOf(sample[what]));
  const typical = learnTypical(logs, groups);
  const byGoal: number[][] = goals.first.map(() => []);
  for (let at = 0; at < logs.length; at++) {
    byGoal[goals.of[at] ?? 0]?.push((logs[at] ?? 0) - (typical.ofKinds[kinds[at] ?? 0] ?? 0));
  }
  const own = byGoal.flatMap((rest) => deviations(rest));
  const ownVariance = varianceOf(own, TASK_SPREAD, logs.length - byGoal.length);
  const shared = byGoal.map((rest) => sharedPart(rest, ownVariance));
  const closing = history.closing.map((sample) => logOf(sample[what]));
  const closingMean = shrunkMean(total(closing), closing.length);
  const closingRest = closing.map((log) => log - closingMean);
  return {
    shared: (random) => Math.exp(draw(shared, SHARED_SPREAD, random)),
    task(kind) {
      const factor = Math.exp(typical.of(kind));
      return (random) => factor * drawTask(own, random);
    },
    closing: (random) => Math.exp(closingMean + draw(closingRest, TASK_SPREAD, random)),
  };
}

/** Typical log factors: of the samples' kinds by number, and of any kind. */
interface Typical {
  readonly ofKinds: readonly number[];
  of(kind: TaskKind): number;
}

/** Means of the levels on top of each other, each drawn towards 0. There are thousands of samples and a few dozen kinds. */
function learnTypical(logs: readonly number[], { kinds, levels }: Groups): Typical {
  const ofKinds = (levels[0]?.of ?? []).map(() => 0);
  const means = levels.map(({ of, first }) => {
    const sums = first.map(() => 0);
    const sizes = first.map(() => 0);
    for (let at = 0; at < logs.length; at++) {
      const kind = kinds[at] ?? 0;
      const group = of[kind] ?? 0;
      sums[group] = (sums[group] ?? 0) + (logs[at] ?? 0) - (ofKinds[kind] ?? 0);
      sizes[group] = (sizes[group] ?? 0) + 1;
    }
    const level = sums.map((sum, group) => shrunkMean(sum, sizes[group] ?? 0));
    for (const [kind, group] of of.entries()) ofKinds[kind] = (ofKinds[kind] ?? 0) + (level[group] ?? 0);
    return level;
  });
  const meanOf = (kind: TaskKind, at: number) => means[at]?.[levels[at]?.numbers.get(LEVELS[at]?.(kind) ?? '') ?? -1];
  return { ofKinds, of: (kind) => total(LEVELS.map((_key, at) => meanOf(kind, at) ?? 0)) };
}

/** What a goal's tasks have in common, less what their own luck makes of it. */
function sharedPart(logs: readonly number[], ownVariance: number): number {
  const believed = SHARED_SPREAD ** 2 / (SHARED_SPREAD ** 2 + ownVariance / logs.length);
  return mean(logs) * Math.sqrt(believed) * WIDEN;
}

/** What is left of each task's difference; a goal of one task tells nothing of it. */
function deviations(logs: readonly number[]): number[] {
  if (logs.length < 2) return [];
  const middle = mean(logs);
  const widen = WIDEN * Math.sqrt(logs.length / (logs.length - 1));
  return logs.map((log) => (log - middle) * widen);
}

function varianceOf(values: readonly number[], assumed: number, freedom: number): number {
  return (PRIOR * assumed ** 2 + mean(values.map((value) => value ** 2)) * freedom) / (PRIOR + freedom);
}

/** One of what was seen, or, the fewer that is, of what is assumed. */
function draw(seen: readonly number[], spread: number, random: () => number): number {
  const from = seen[Math.floor(random() * (seen.length + PRIOR))];
  return from ?? spread * normal(random);
}

/** What was seen holds retries and revisions already. */
function drawTask(own: readonly number[], random: () => number): number {
  const from = own[Math.floor(random() * (own.length + PRIOR))];
  if (from !== undefined) return Math.exp(from);
  const factor = Math.exp(TASK_SPREAD * normal(random));
  return random() < AGAIN ? factor * AGAIN_FACTOR : factor;
}

function grouped<T>(items: readonly T[], nameOf: (item: T) => string): Grouping<T> {
  const numbers = new Map<string, number>();
  const first: T[] = [];
  const of = items.map((item) => {
    const name = nameOf(item);
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, first.length);
    return first.push(item) - 1;
  });
  return { numbers, of, first };
}

function logOf(ratio: number): number {
  const log = Math.log(Math.max(ratio, Number.MIN_VALUE));
  return Math.min(MAX_LOG, Math.max(-MAX_LOG, log));
}

/** The sum of all. */
export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : total(values) / values.length;
}

/** The mean of so many values with this sum, drawn towards 0. */
function shrunkMean(sum: number, count: number): number {
  return sum / (count + TYPICAL_PRIOR);
}

/** Standard normal, by Box–Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
