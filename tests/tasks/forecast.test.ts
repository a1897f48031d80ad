import type { TaskSkeleton } from '../../src/core/contracts/plan.ts';
import { estimateTokens, forecastPlan, type TierRate } from '../../src/tasks/forecast.ts';
import { skeletonOf } from './skeletons.ts';

const rate: TierRate = { input: 2, cacheWrite: 2.5, cacheRead: 0.2, output: 10 };
const rates = { fast: rate, balanced: rate, deep: { ...rate, output: 50, outputTokensPerSecond: 20 } };
const forecast = (tasks: readonly TaskSkeleton[], maxParallel = 10) =>
  forecastPlan({ tasks, rates, maxParallel, promptTokens: tasks.map(() => 2_000) });

const four = { a: [], b: [], c: [], d: [] };

describe('forecastPlan', () => {
  it('forecast: equal inputs → equal ranges, low under high, whole numbers', () => {
    const one = forecast(skeletonOf(four));
    expect(forecast(skeletonOf(four))).toEqual(one);
    for (const { low, high } of [one.costMicroUsd, one.durationMs]) {
      expect(low).toBeGreaterThan(0);
      expect(high).toBeGreaterThan(low);
      expect(Number.isInteger(low) && Number.isInteger(high)).toBe(true);
    }
  });

  it('forecast: the same tasks in a chain or with one slot → longer, for the same money', () => {
    const side = forecast(skeletonOf(four));
    const chain = forecast(skeletonOf({ a: [], b: ['a'], c: ['b'], d: ['c'] }));
    const oneSlot = forecast(skeletonOf(four), 1);
    expect(chain.durationMs.low).toBeGreaterThan(side.durationMs.low * 2);
    expect(oneSlot.durationMs.low).toBeGreaterThan(side.durationMs.low * 2);
    expect(oneSlot.costMicroUsd).toEqual(side.costMicroUsd);
  });

  it('forecast: larger effort, a dearer and slower tier, more prompt → dearer and longer', () => {
    const small = forecast(skeletonOf({ a: [] }));
    const large = forecast(skeletonOf({ a: [] }, { a: { effort: 'L' } }));
    const deep = forecast(skeletonOf({ a: [] }, { a: { tier: 'deep' } }));
    const long = forecastPlan({ tasks: skeletonOf({ a: [] }), rates, maxParallel: 1, promptTokens: [50_000] });
    expect(large.costMicroUsd.low).toBeGreaterThan(small.costMicroUsd.high);
    expect(deep.durationMs.low).toBeGreaterThan(small.durationMs.low);
    expect(deep.costMicroUsd.low).toBeGreaterThan(small.costMicroUsd.low);
    expect(long.costMicroUsd.low).toBeGreaterThan(small.costMicroUsd.low);
  });

  it('forecast: many tasks → the range does not shrink to a point', () => {
    const many = forecast(skeletonOf(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`t${i}`, []]))));
    expect(many.costMicroUsd.high / many.costMicroUsd.low).toBeGreaterThan(1.5);
  });

  it('forecast: closing calls → added to money and time', () => {
    const tasks = skeletonOf({ a: [] });
    const input = { tasks, rates, maxParallel: 1, promptTokens: [2_000] };
    const more = forecastPlan({ ...input, closingCalls: [{ tier: 'deep', promptTokens: 9_000 }] });
    expect(more.costMicroUsd.low).toBeGreaterThan(forecastPlan(input).costMicroUsd.low);
    expect(more.durationMs.low).toBeGreaterThan(forecastPlan(input).durationMs.low);
  });

  it.each([
    ['', 0],
    ['abcd', 1],
    ['abcde', 2],
    ['日本語の', 3],
    ['🙂', 1],
  ])('estimateTokens: %p → %p', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens);
  });
});
