/** The forecast of a plan from its real prompts, the tiers it is pinned to and the prices of the day. Host side, pure. */
import { goalSystem } from '../agents/goal-system.ts';
import { taskPrompt } from '../agents/task-prompt.ts';
import type { Tier } from '../core/contracts/plan.ts';
import type { Usage } from '../core/contracts/usage.ts';
import type { ForecastHistory } from '../core/forecast.ts';
import type { Plan, PlanTask } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { type PriceContext, priceUsage } from '../integrations/claude/prices.ts';
import { estimateTokens, type Forecast, forecastPlan, type TierRate } from '../tasks/forecast.ts';
import { taskSkeletons } from '../tasks/skeleton.ts';

/** What a forecast is made from. `at`: the day whose prices hold. `history`: default none. */
export interface ForecastFacts {
  readonly plan: Plan;
  readonly snapshot: Snapshot;
  readonly goalText: string;
  readonly at: Date;
  /** Tasks that need not run: they were done by the goal that this one is forked from. */
  readonly done?: ReadonlySet<string>;
  readonly history?: ForecastHistory;
}

/** Cost and time from the 10th to the 90th percentile; see `forecastPlan` for what is assumed. */
export function forecastOf({ plan, snapshot, goalText, at, done = new Set(), history }: ForecastFacts): Forecast {
  const system = estimateTokens(goalSystem({ goalText, outline: plan }));
  const tasks = openPart(plan, done);
  const { limits, tiers } = snapshot;
  const closing = { tier: 'balanced', promptTokens: system + 4_000 } as const;
  const closingCalls = [...(limits.synthesis ? [closing] : []), ...(limits.verify === 'off' ? [] : [closing])];
  const batch = limits.batch !== undefined;
  const rate = (tier: Tier) => rateOf(tiers[tier].model, { at, batch });
  return forecastPlan({
    tasks: taskSkeletons(tasks),
    rates: { fast: rate('fast'), balanced: rate('balanced'), deep: rate('deep') },
    maxParallel: limits.maxParallelTasks,
    promptTokens: tasks.map((task) => system + estimateTokens(taskPrompt(task))),
    closingCalls,
    ...(history ? { history } : {}),
  });
}

/** The tasks that run, on their own. */
function openPart({ tasks }: Plan, done: ReadonlySet<string>): readonly PlanTask[] {
  const open = tasks.filter(({ id }) => !done.has(id));
  return open.map((task) => ({ ...task, dependsOn: task.dependsOn.filter((id) => !done.has(id)) }));
}

const NOTHING: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
};
/** Tokens that rates are read off at: few enough for every model's ordinary price. */
const SAMPLE = 10_000;

/** Prices of a model in micro-USD per token. */
function rateOf(model: string, when: PriceContext): TierRate {
  const price = (kind: keyof Usage) => priceUsage(model, { ...NOTHING, [kind]: SAMPLE }, when) / SAMPLE;
  return {
    input: price('inputTokens'),
    output: price('outputTokens'),
    cacheRead: price('cacheReadTokens'),
    cacheWrite: price('cacheWrite5mTokens'),
  };
}
