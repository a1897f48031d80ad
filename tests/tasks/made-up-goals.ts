/**
 * Made-up goals and what became of them: a world that forecasts know nothing of. Agents have habits of their own (turns,
 * lengths, failures) that the assumed sizes do not have; calls are priced by the real price list with a prompt cache, paced
 * like the models, and run on the real scheduler. Everything is determined by a seed. Test side only.
 */
import type { ForecastRecord } from '../../src/core/contracts/goal.ts';
import type { Effort, Tier } from '../../src/core/contracts/plan.ts';
import type { TaskSample } from '../../src/core/forecast.ts';
import type { Plan, PlanTask } from '../../src/core/plan.ts';
import { priceUsage } from '../../src/integrations/claude/prices.ts';
import { createSchedule } from '../../src/tasks/schedule.ts';
import { taskSkeletons } from '../../src/tasks/skeleton.ts';

export const MODELS: Readonly<Record<Tier, string>> = {
  fast: 'claude-haiku-5-5',
  balanced: 'claude-sonnet-5-5',
  deep: 'claude-opus-5-5',
};
const AGENTS = ['researcher', 'analyst', 'writer', 'engineer', 'reviewer'] as const;
const TIERS: readonly Tier[] = ['fast', 'balanced', 'deep'];
const EFFORTS: readonly Effort[] = ['S', 'M', 'L'];
const DAY = new Date('2026-11-01T00:00:00Z');
/** Tokens a second and ms to the first one, as they were on a good day. */
const PACE: Readonly<Record<Tier, readonly [number, number]>> = {
  fast: [190, 700],
  balanced: [70, 1_400],
  deep: [38, 2_600],
};

/** Draws that a seed determines. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    const mixed = Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 12)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`. */
  from(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /** Sum of `shape` exponential draws, with this mean: skewed, and no log-normal. */
  gamma(mean: number, shape: number): number {
    let sum = 0;
    for (let i = 0; i < shape; i++) sum -= Math.log(1 - this.next());
    return (sum * mean) / shape;
  }
}

/** What an agent really does, and forecasts are not told. */
interface Habits {
  readonly turns: Readonly<Record<Effort, number>>;
  readonly answer: number;
  readonly found: number;
  readonly again: number;
}

/** The world: its agents' habits, and how dear and slow the closing calls are. */
export interface World {
  readonly habits: ReadonlyMap<string, Habits>;
  readonly deliverable: number;
}

export function makeWorld(seed: number): World {
  const dice = new Dice(seed);
  const habits = AGENTS.map((name): [string, Habits] => {
    const busy = 0.4 + 1.6 * dice.next();
    const turns = { S: 1 + 2 * busy, M: 2 + 4 * busy, L: 4 + 9 * busy };
    const [answer, found] = [dice.from(250, 1_900), dice.from(200, 6_000)];
    return [name, { turns, answer, found, again: 0.05 + 0.25 * dice.next() }];
  });
  return { habits: new Map(habits), deliverable: dice.from(1_500, 7_000) };
}

/** A random plan of 1 to 25 tasks. */
export function makePlan(dice: Dice): Plan {
  const tasks = Array.from({ length: dice.from(1, 25) }, (_, at): PlanTask => {
    const wanted = at === 0 ? 0 : dice.from(0, Math.min(at, 3));
    const before = Array.from({ length: wanted }, () => `t${dice.from(Math.max(0, at - 6), at - 1)}`);
    return {
      id: `t${at}`,
      title: `Part ${at}`,
      instructions: 'Look into this part of the question and say what is known. '.repeat(dice.from(2, 40)),
      agent: dice.pick(AGENTS),
      agentReason: '',
      tier: dice.pick(TIERS),
      effort: dice.pick(EFFORTS),
      dependsOn: [...new Set(before)],
      acceptanceCriteria: ['It names its sources.'],
      priority: 3,
      onFailure: 'retry',
      optional: false,
    };
  });
  return { title: 'A goal', acceptanceCriteria: ['It answers the question.'], tasks };
}

interface Spent {
  cost: number;
  ms: number;
}

/** One goal's luck: how hard its matter is, and how busy the models are. */
interface Luck {
  readonly dice: Dice;
  readonly hard: number;
  readonly slow: number;
}

/** What the goal's tasks and its closing came to, and the whole. */
export interface Outcome {
  readonly tasks: ReadonlyMap<string, Spent>;
  readonly closing: Spent;
  readonly actual: Required<ForecastRecord>['actual'];
}

/** Carries the plan out. */
export function liveThrough(
  plan: Plan,
  world: World,
  { dice, maxParallel }: { dice: Dice; maxParallel: number },
): Outcome {
  const luck: Luck = { dice, hard: 0.55 + dice.gamma(0.45, 2), slow: 0.8 + dice.gamma(0.2, 1) };
  const tasks = new Map(plan.tasks.map((task) => [task.id, liveTask(task, world, luck)]));
  const closing = { cost: 0, ms: 0 };
  const out = (world.deliverable * luck.hard) / 2;
  for (let calls = dice.next() < 0.25 ? 4 : 2; calls > 0; calls--)
    addCall(closing, 'balanced', { fresh: 6_000, cached: 3_000, out, luck });
  const atWork = makespan(plan, tasks, maxParallel);
  const cost = [...tasks.values()].reduce((sum, task) => sum + task.cost, closing.cost);
  return { tasks, closing, actual: { costMicroUsd: Math.round(cost), durationMs: Math.round(atWork + closing.ms) } };
}

/** Attempts until one is good; each is a conversation that grows, read from the cache as far as it was sent before. */
function liveTask(task: PlanTask, { habits }: World, luck: Luck): Spent {
  const habit = habits.get(task.agent) as Habits;
  const spent: Spent = { cost: 0, ms: 0 };
  for (let attempt = 0; attempt < 3; attempt++) {
    let sent = 0;
    let fresh = 1_200 + task.instructions.length / 4 + task.dependsOn.length * luck.dice.from(300, 4_000);
    const turns = Math.max(1, Math.round(luck.dice.gamma(habit.turns[task.effort] * luck.hard, 3)));
    for (let turn = 0; turn < turns; turn++) {
      const out = 40 + luck.dice.gamma(habit.answer, 2);
      addCall(spent, task.tier, { fresh, cached: sent, out, luck });
      sent += fresh;
      fresh = out + luck.dice.gamma(habit.found, 1);
    }
    if (luck.dice.next() >= habit.again) break;
  }
  return spent;
}

interface Call {
  readonly fresh: number;
  readonly cached: number;
  readonly out: number;
  readonly luck: Luck;
}

function addCall(spent: Spent, tier: Tier, { fresh, cached, out, luck }: Call): void {
  const usage = {
    inputTokens: 8,
    outputTokens: Math.round(out),
    cacheReadTokens: Math.round(cached),
    cacheWrite5mTokens: Math.round(fresh),
    cacheWrite1hTokens: 0,
    webSearches: 0,
  };
  const [speed, firstMs] = PACE[tier];
  // Now and then a call is put off by a limit.
  const putOff = luck.dice.next() < 0.02 ? luck.dice.from(2_000, 30_000) : 0;
  spent.cost += priceUsage(MODELS[tier], usage, DAY);
  spent.ms += (firstMs + (out * 1_000) / speed) * luck.slow + putOff + luck.dice.from(20, 400);
}

function makespan(plan: Plan, tasks: ReadonlyMap<string, Spent>, maxParallel: number): number {
  const schedule = createSchedule(taskSkeletons(plan.tasks), { maxParallel });
  const ends = new Map<string, number>();
  for (let now = 0; ; ) {
    for (const { id } of schedule.next()) ends.set(id, now + (tasks.get(id)?.ms ?? 0));
    const [first] = [...ends].sort((a, b) => a[1] - b[1]);
    if (!first) return now;
    now = first[1];
    ends.delete(first[0]);
    schedule.done(first[0]);
  }
}

/** What the store would remember of it: actual beside assumed. */
export function samplesOf(
  goalId: string,
  plan: Plan,
  { outcome, expected }: { outcome: Outcome; expected: readonly { readonly cost: number; readonly ms: number }[] },
): TaskSample[] {
  return plan.tasks.map(({ id, agent, tier, effort }, at) => {
    const { cost = 0, ms = 0 } = outcome.tasks.get(id) ?? {};
    const of = expected[at] ?? { cost: 1, ms: 1 };
    return { goalId, agent, tier, effort, cost: cost / of.cost, time: ms / of.ms };
  });
}
