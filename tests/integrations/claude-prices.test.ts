import fc from 'fast-check';
import type { Usage } from '../../src/core/contracts/usage.ts';
import { isPriced, PRICES, priceUsage, sameModel } from '../../src/integrations/claude/prices.ts';
import { toUsage } from '../../src/integrations/claude/usage.ts';

const NONE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
};
const NOW = new Date('2026-11-22T12:00:00Z');
const MILLION = 1_000_000;
const KINDS = ['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'] as const;

/** The published list, USD per million tokens: input, output, cache read, 5-minute and 1-hour cache write. */
const LIST: readonly (readonly [string, number, number, number, number, number])[] = [
  ['claude-sonnet-5-5', 2, 10, 0.1, 2.5, 4],
  ['claude-opus-5-5', 4, 20, 0.2, 5, 8],
  ['claude-fable-5-2', 8, 40, 0.2, 10, 16],
  ['claude-mythos-5-2', 8, 40, 0.2, 10, 16],
  ['claude-fable-5-1', 10, 50, 0.25, 12.5, 20],
  ['claude-mythos-5-1', 10, 50, 0.25, 12.5, 20],
  ['claude-sonnet-5', 2, 10, 0.2, 2.5, 4],
  ['claude-opus-5', 5, 25, 0.5, 6.25, 10],
  ['claude-opus-4-8', 5, 25, 0.5, 6.25, 10],
  ['claude-opus-4-7', 5, 25, 0.5, 6.25, 10],
  ['claude-opus-4-6', 5, 25, 0.5, 6.25, 10],
  ['claude-opus-4-5', 5, 25, 0.5, 6.25, 10],
  ['claude-sonnet-4-6', 3, 15, 0.3, 3.75, 6],
  ['claude-haiku-4-5', 1, 5, 0.1, 1.25, 2],
];

describe('priceUsage', () => {
  it.each(LIST)('%s → the published price of a million tokens of each kind', (...row) => {
    const [model, ...prices] = row;
    KINDS.forEach((kind, i) => {
      expect(priceUsage(model, { ...NONE, [kind]: MILLION }, NOW)).toBe((prices[i] ?? Number.NaN) * MILLION);
    });
  });

  it('every row → in the published list, so that none stands unchecked', () => {
    const models = new Set([...LIST.map(([model]) => model), 'claude-haiku-5-5']);
    expect(new Set(PRICES.map(({ model }) => model))).toEqual(models);
  });

  it('haiku-5-5 → its price up to 100,000 prompt tokens, the whole request × 5 above, caches being prompt', () => {
    const at = (usage: Partial<Usage>) => priceUsage('claude-haiku-5-5', { ...NONE, ...usage }, NOW);
    expect(at({ inputTokens: 100_000, outputTokens: 1_000 })).toBe(10_000 + 500);
    expect(at({ inputTokens: 100_001, outputTokens: 1_000 })).toBe(Math.ceil((10_000.1 + 500) * 5));
    expect(at({ inputTokens: 1, cacheReadTokens: 100_000 })).toBe(Math.ceil((0.1 + 1_000) * 5));
    expect(at({ cacheWrite5mTokens: 60_000, cacheWrite1hTokens: 60_000 })).toBe((7_500 + 12_000) * 5);
    expect(at({ outputTokens: 128_000 })).toBe(64_000);
  });

  it('dated rows → the price of the day of the call, in UTC', () => {
    const read = { ...NONE, cacheReadTokens: MILLION };
    expect(priceUsage('claude-sonnet-5-5', read, new Date('2026-10-06T23:59:59.999Z'))).toBe(200_000);
    expect(priceUsage('claude-sonnet-5-5', read, new Date('2026-10-07T00:00:00Z'))).toBe(100_000);
    expect(priceUsage('claude-sonnet-5-5', read, new Date('2020-01-01T00:00:00Z'))).toBe(200_000);
  });

  it('batch → half the tokens’ price, searches in full; fast mode → its own price', () => {
    const usage = { ...NONE, inputTokens: MILLION, outputTokens: MILLION, webSearches: 3 };
    expect(priceUsage('claude-opus-5-5', usage, NOW)).toBe(24_000_000 + 30_000);
    expect(priceUsage('claude-opus-5-5', usage, { at: NOW, batch: true })).toBe(12_000_000 + 30_000);
    expect(priceUsage('claude-opus-5-5', usage, { at: NOW, fast: true })).toBe(48_000_000 + 30_000);
    expect(priceUsage('claude-sonnet-5-5', usage, { at: NOW, fast: true })).toBe(12_000_000 + 30_000);
  });

  it('fractions → rounded up once, on the sum', () => {
    expect(priceUsage('claude-haiku-5-5', { ...NONE, cacheReadTokens: 1 }, NOW)).toBe(1);
    expect(priceUsage('claude-haiku-5-5', { ...NONE, inputTokens: 3, cacheReadTokens: 70 }, NOW)).toBe(1);
    expect(priceUsage('claude-haiku-5-5', { ...NONE, inputTokens: 3, cacheReadTokens: 71 }, NOW)).toBe(2);
  });

  it('a model id with a date → the model’s price; one that only begins alike → not', () => {
    expect(priceUsage('claude-haiku-4-5-20251001', { ...NONE, inputTokens: MILLION }, NOW)).toBe(1_000_000);
    expect(isPriced('claude-haiku-4-5-20251001')).toBe(true);
    expect(isPriced('claude-sonnet-5-55')).toBe(false);
    expect(sameModel('claude-sonnet-5', 'claude-sonnet-5-5')).toBe(false);
  });

  it('an unknown model → never cheaper than any known one', () => {
    const usage = fc.record({
      inputTokens: fc.nat(100_000),
      outputTokens: fc.nat(100_000),
      cacheReadTokens: fc.nat(100_000),
      cacheWrite5mTokens: fc.nat(100_000),
      cacheWrite1hTokens: fc.nat(100_000),
      webSearches: fc.nat(10),
    });
    fc.assert(
      fc.property(usage, fc.constantFrom(...PRICES), fc.boolean(), (tokens, { model }, fast) => {
        const known = priceUsage(model, tokens, { at: NOW, fast });
        expect(Number.isSafeInteger(known)).toBe(true);
        expect(priceUsage('claude-of-the-future', tokens, { at: NOW, fast })).toBeGreaterThanOrEqual(known);
      }),
    );
    expect(isPriced('claude-of-the-future')).toBe(false);
  });
});

describe('toUsage', () => {
  const full = {
    input_tokens: 1,
    output_tokens: 2,
    cache_read_input_tokens: 3,
    cache_creation_input_tokens: 9,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
    server_tool_use: { web_search_requests: 6 },
  };

  it('all counts → ours', () => {
    expect(toUsage(full)).toEqual({
      inputTokens: 1,
      outputTokens: 2,
      cacheReadTokens: 3,
      cacheWrite5mTokens: 4,
      cacheWrite1hTokens: 5,
      webSearches: 6,
    });
  });

  it('null and missing optional counts → 0; a total without its split → 5 minutes', () => {
    expect(toUsage({ input_tokens: 1, output_tokens: 2, cache_creation: null, server_tool_use: null })).toEqual({
      ...NONE,
      inputTokens: 1,
      outputTokens: 2,
    });
    expect(toUsage({ ...full, cache_creation: null })).toMatchObject({ cacheWrite5mTokens: 9, cacheWrite1hTokens: 0 });
    expect(toUsage({ ...full, cache_creation_input_tokens: 20 })).toMatchObject({
      cacheWrite5mTokens: 15,
      cacheWrite1hTokens: 5,
    });
  });

  it.each([
    ['56 nothing', undefined],
    ['56 null', null],
    ['56 empty', {}],
    ['a text', 'many'],
    ['57 NaN', { ...full, input_tokens: Number.NaN }],
    ['57 null for NaN', { ...full, output_tokens: null }],
    ['57 negative', { ...full, output_tokens: -1 }],
    ['57 infinite', { ...full, input_tokens: Number.POSITIVE_INFINITY }],
    ['fraction', { ...full, input_tokens: 1.5 }],
    ['number as text', { ...full, input_tokens: '1' }],
    ['over 2^53', { ...full, input_tokens: 2 ** 53 }],
    ['sum over 2^53', { ...full, input_tokens: 2 ** 53 - 1 }],
    ['negative cache count', { ...full, cache_read_input_tokens: -1 }],
    ['negative split', { ...full, cache_creation: { ephemeral_1h_input_tokens: -5 } }],
    ['NaN cache total', { ...full, cache_creation_input_tokens: Number.NaN }],
  ])('%s → undefined', (_name, usage) => {
    expect(toUsage(usage)).toBeUndefined();
  });
});

describe('worst price', () => {
  it('all input written to the cache for an hour, output at the limit → never below any split of as many tokens (G8)', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const models = [...new Set(PRICES.map((price) => price.model)), 'claude-unheard-of'];
    const days = ['2025-06-01', '2026-10-06', '2026-10-07', '2026-11-22'].map((day) => new Date(`${day}T12:00:00Z`));
    fc.assert(
      fc.property(
        fc.record({
          model: fc.constantFrom(...models),
          at: fc.constantFrom(...days),
          bound: fc.integer({ min: 0, max: 300_000 }),
        }),
        fc.tuple(share, share, share, share),
        ({ model, at, bound }, [a, b, c, out]) => {
          const inputTokens = Math.floor(bound * a);
          const cacheReadTokens = Math.floor((bound - inputTokens) * b);
          const cacheWrite5mTokens = Math.floor((bound - inputTokens - cacheReadTokens) * c);
          const cacheWrite1hTokens = bound - inputTokens - cacheReadTokens - cacheWrite5mTokens;
          const real = { ...NONE, inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens };
          const worst = { ...NONE, cacheWrite1hTokens: bound, outputTokens: 8_000 };
          const paid = priceUsage(model, { ...real, outputTokens: Math.floor(8_000 * out) }, at);
          expect(paid).toBeLessThanOrEqual(priceUsage(model, worst, at));
        },
      ),
    );
  });
});
