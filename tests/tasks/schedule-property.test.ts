/**
 * G22: random graphs with random ends, cancels, retries, replans and restores, against a naive model. 5,000 seeds;
 * LONG=1: 100,000; SEED=<n>: another start. A failure names seed and size, which replay it bit for bit.
 */
import fc from 'fast-check';
import { randomRun } from './random-run.ts';

const RUNS = process.env.LONG === '1' ? 100_000 : 5_000;
const START = Number(process.env.SEED ?? 22);

/** Mostly small graphs, where all the cases are; now and then up to 1,000 tasks. */
const sizes = fc.oneof(
  { weight: 9_600, arbitrary: fc.integer({ min: 1, max: 14 }) },
  { weight: 388, arbitrary: fc.integer({ min: 15, max: 80 }) },
  { weight: 12, arbitrary: fc.integer({ min: 200, max: 1_000 }) },
);
const seeds = fc.noShrink(fc.nat());

describe('schedule: properties', () => {
  it(`G22 schedule: ${RUNS} random graphs and histories → as the model says, every invariant kept`, () => {
    let events = 0;
    let widest = 0;
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        events += randomRun(seed, size).length;
        widest = Math.max(widest, size);
      }),
      { numRuns: RUNS, seed: START },
    );
    expect(events).toBeGreaterThan(RUNS * 4);
    expect(widest).toBeGreaterThan(100);
  });

  it('G22 schedule: the same seed → the same run, bit for bit', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, size) => {
        expect(randomRun(seed, size)).toEqual(randomRun(seed, size));
      }),
      { numRuns: 100, seed: START },
    );
  });

  it('G22 schedule: other seeds → other runs', () => {
    const runs = new Set(Array.from({ length: 50 }, (_, seed) => randomRun(seed, 20).join('\n')));
    expect(runs.size).toBe(50);
  });

  it('G22 schedule: the largest graphs → every invariant kept', () => {
    const events = [1, 2, 3, 4, 5].map((seed) => randomRun(seed, 1_000).length);
    expect(Math.max(...events)).toBeGreaterThan(1_000);
  });
});
