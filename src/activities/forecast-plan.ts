/** The forecast of a plan from its real prompts, the tiers it is pinned to and the prices of the day. Host side, pure. */
import { goalSystem } from '../agents/goal-system.ts';
import { taskPrompt } from '../agents/task-prompt.ts';
import type { Tier } from '../core/contracts/plan.ts';
import type { Usage } from '../core/contracts/usage.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { priceUsage } from '../integrations/claude/prices.ts';
import { estimateTokens, type Forecast, forecastPlan, type TierRate } from '../tasks/forecast.ts';
import { taskSkeletons } from '../tasks/skeleton.ts';

/** What a forecast is made from. `at`: the day whose prices hold. */
export interface ForecastFacts {
  readonly plan: Plan;
  readonly snapshot: Snapshot;
  readonly goalText: string;
  readonly at: Date;
}

/** Cost and time from the 10th to the 90th percentile; see `forecastPlan` for what is assumed. */
export function forecastOf({ plan, snapshot, goalText, at }: ForecastFacts): Forecast {
  const system = estimateTokens(goalSystem({ goalText, outline: plan }));
  const { limits, tiers } = snapshot;
  const closing = { tier: 'balanced', promptTokens: system + 4_000 } as const;
  const closingCalls = [...(limits.synthesis ? [closing] : []), ...(limits.verify === 'off' ? [] : [closing])];
  const rate = (tier: Tier) => rateOf(tiers[tier].model, at);
  return forecastPlan({
    tasks: taskSkeletons(plan.tasks),
    rates: { fast: rate('fast'), balanced: rate('balanced'), deep: rate('deep') },
    maxParallel: limits.maxParallelTasks,
    promptTokens: plan.tasks.map((task) => system + estimateTokens(taskPrompt(task))),
    closingCalls,
  });
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
function rateOf(model: string, at: Date): TierRate {
  const price = (kind: keyof Usage) => priceUsage(model, { ...NOTHING, [kind]: SAMPLE }, at) / SAMPLE;
  return {
    input: price('inputTokens'),
    output: price('outputTokens'),
    cacheRead: price('cacheReadTokens'),
    cacheWrite: price('cacheWrite5mTokens'),
  };
}
