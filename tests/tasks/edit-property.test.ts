/**
 * G22 with edits: random plans under random edits, ends, retries and restarts, beside plain rules. 1,000 seeds; LONG=1:
 * 20,000; SEED=<n>: another start. A failure names seed and size, which replay it bit for bit.
 */
import fc from 'fast-check';
import { randomEdits } from './random-edits.ts';

const RUNS = process.env.LONG === '1' ? 20_000 : 1_000;
const START = Number(process.env.SEED ?? 22);

const sizes = fc.oneof(
  { weight: 95, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 5, arbitrary: fc.integer({ min: 13, max: 60 }) },
);
const seeds = fc.noShrink(fc.nat());

describe('edited plans: properties', () => {
  it(`G22 edits: ${RUNS} random lives → acyclic, what started stays, each task ends once for each time it is opened, none forgotten`, () => {
    let held = 0;
    let refused = 0;
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const life = randomEdits(seed, size);
        held += life.held;
        refused += life.refused;
      }),
      { numRuns: RUNS, seed: START },
    );
    expect(held).toBeGreaterThan(RUNS);
    expect(refused).toBeGreaterThan(RUNS);
  });

  it('G22 edits: the same seed → the same life, bit for bit', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 30 }), (seed, size) => {
        expect(randomEdits(seed, size)).toEqual(randomEdits(seed, size));
      }),
      { numRuns: 30, seed: START },
    );
  });
});
