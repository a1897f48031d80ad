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

/** From general to special: a kind with few samples is taken to be like its relatives. */
const LEVELS: readonly ((kind: TaskKind) => string)[] = [
  () => '',
  ({ effort }) => effort,
  ({ tier, effort }) => `${tier}/${effort}`,
  ({ agent }) => agent,
  ({ agent, tier, effort }) => `${agent}/${tier}/${effort}`,
];

/**
 * Factors for cost and time: what is assumed without samples, more and more what was seen with them. Many plans are
 * forecast by the same history.
 */
export const learnFactors = oncePer((history: ForecastHistory): Readonly<Record<'cost' | 'time', Factors>> => {
  return { cost: factorsOf(history, 'cost'), time: factorsOf(history, 'time') };
});

function factorsOf(history: ForecastHistory, what: 'cost' | 'time'): Factors {
  const samples = history.tasks.map((sample) => ({ sample, log: logOf(sample[what]) }));
  const typical = learnTypical(samples);
  const rest = samples.map(({ sample, log }) => ({ goalId: sample.goalId, log: log - typical(sample) }));
  const goals = [...groupBy(rest, ({ goalId }) => goalId).values()].map((group) => group.map(({ log }) => log));
  const own = goals.flatMap((logs) => deviations(logs));
  const ownVariance = varianceOf(own, TASK_SPREAD, rest.length - goals.length);
  const shared = goals.map((logs) => sharedPart(logs, ownVariance));
  const closing = history.closing.map((sample) => logOf(sample[what]));
  const closingMean = shrunkMean(closing);
  const closingRest = closing.map((log) => log - closingMean);
  return {
    shared: (random) => Math.exp(draw(shared, SHARED_SPREAD, random)),
    task(kind) {
      const factor = Math.exp(typical(kind));
      return (random) => factor * drawTask(own, random);
    },
    closing: (random) => Math.exp(closingMean + draw(closingRest, TASK_SPREAD, random)),
  };
}

interface Seen {
  readonly sample: TaskKind;
  readonly log: number;
}

/** The typical log factor of a kind: means of the levels on top of each other, each drawn towards 0. */
function learnTypical(samples: readonly Seen[]): (kind: TaskKind) => number {
  const means: Map<string, number>[] = [];
  const typical = (kind: TaskKind) => {
    return means.reduce((sum, level, at) => sum + (level.get(LEVELS[at]?.(kind) ?? '') ?? 0), 0);
  };
  for (const key of LEVELS) {
    const groups = groupBy(samples, ({ sample }) => key(sample));
    const level = [...groups].map(([name, group]): [string, number] => {
      return [name, shrunkMean(group.map(({ sample, log }) => log - typical(sample)))];
    });
    means.push(new Map(level));
  }
  return typical;
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

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

function logOf(ratio: number): number {
  const log = Math.log(Math.max(ratio, Number.MIN_VALUE));
  return Math.min(MAX_LOG, Math.max(-MAX_LOG, log));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function shrunkMean(values: readonly number[]): number {
  return (mean(values) * values.length) / (values.length + TYPICAL_PRIOR);
}

/** Standard normal, by Box–Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
