/** How good forecasts are: 200 made-up goals, forecast one after the other, each then known to the next. */

import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import { calibrate } from '../../src/client/calibration.ts';
import { forecastOf } from '../../src/client/forecast-plan.ts';
import { configSchema } from '../../src/core/config.ts';
import type { ForecastRecord } from '../../src/core/contracts/goal.ts';
import type { ForecastHistory } from '../../src/core/forecast.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { Dice, liveThrough, MODELS, makePlan, makeWorld, samplesOf } from '../tasks/made-up-goals.ts';

/** Goals that are only learned from. */
const LEARNED = 60;
const MEASURED = 200;
/** As many as the store gives. */
const HISTORY_GOALS = 100;
const HISTORY_TASKS = 2_000;

const { claude, goals } = configSchema.parse({});
const { maxTasks, budgetUsd: _none, ...limits } = goals;
const snapshot: Snapshot = {
  promptVersion: 1,
  agents: BUILT_IN_AGENTS,
  tiers: claude.tiers,
  limits: { ...limits, maxParallelTasks: 6 },
  maxTasks,
  tools: [],
};

/** Forecasts beside outcomes, in the order in which the goals were worked on. */
function workThrough(seed: number, count: number, learns = true): ForecastRecord[] {
  const world = makeWorld(seed);
  const dice = new Dice(seed + 1_000);
  const past: { tasks: ForecastHistory['tasks']; closing: ForecastHistory['closing'][number] }[] = [];
  return Array.from({ length: count }, (_, at) => {
    const plan = makePlan(dice);
    const recent = learns ? past.slice(-HISTORY_GOALS).reverse() : [];
    const history = {
      tasks: recent.flatMap(({ tasks }) => tasks).slice(0, HISTORY_TASKS),
      closing: recent.map(({ closing }) => closing),
    };
    const day = new Date('2026-11-01T00:00:00Z');
    const { expected, ...forecast } = forecastOf({ plan, snapshot, goalText: 'Answer it.', at: day, history });
    const outcome = liveThrough(plan, world, { dice, maxParallel: snapshot.limits.maxParallelTasks });
    const { cost, ms } = expected.closing;
    past.push({
      tasks: samplesOf(`g${at}`, plan, { outcome, expected: expected.tasks }),
      closing: { cost: outcome.closing.cost / cost, time: outcome.closing.ms / ms },
    });
    return { ...forecast, actual: outcome.actual };
  });
}

describe('forecasts', () => {
  it('forecast: the models of the made-up world → those of the configuration', () => {
    for (const tier of ['fast', 'balanced', 'deep'] as const) expect(claude.tiers[tier].model).toBe(MODELS[tier]);
  });

  it.each(process.env.LONG ? [1, 2, 3, 4, 5] : [1])(
    'forecast: 200 goals of a world it does not know (seed %p), after 60 others → 75–90 % within P10–P90, for cost and time',
    (seed) => {
      const records = workThrough(seed, LEARNED + MEASURED);
      const { cost, time } = calibrate(records.slice(LEARNED));
      console.info(`seed ${seed}: cost ${JSON.stringify(cost)}, time ${JSON.stringify(time)}`);
      for (const { inside } of [cost, time]) {
        expect(inside).toBeGreaterThanOrEqual(0.75);
        expect(inside).toBeLessThanOrEqual(0.9);
      }
      for (const { medianRatio } of [cost, time]) expect(Math.abs(Math.log(medianRatio ?? 0))).toBeLessThan(0.25);
    },
  );

  it('forecast: the same world without history → most goals are dearer and slower than it says', () => {
    const { cost, time } = calibrate(workThrough(1, 60, false));
    console.info(`without history: cost ${JSON.stringify(cost)}, time ${JSON.stringify(time)}`);
    for (const { inside } of [cost, time]) expect(inside).toBeLessThan(0.7);
  });
});
