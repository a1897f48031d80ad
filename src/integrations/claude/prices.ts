/** What tokens cost, as dated rows, and the price of a call. Host side, pure. */
import { type Usage, WEB_SEARCH_MICRO_USD } from '../../core/contracts/usage.ts';

/** USD per million tokens, which is micro-USD per token. A row holds from `from` (UTC day) until a later row of its model. */
export interface PriceRow {
  readonly model: string;
  readonly from: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  /** The whole request is so many times dearer when its prompt is over so many tokens. */
  readonly longPrompt?: { readonly overTokens: number; readonly factor: number };
  /** Input and output in fast mode, cache prices in the same proportion. */
  readonly fast?: { readonly input: number; readonly output: number };
}

type Numbers = readonly [input: number, output: number, cacheRead: number, write5m: number, write1h: number];

function row(model: string, numbers: Numbers, more: Partial<PriceRow> = {}): PriceRow {
  const [input, output, cacheRead, cacheWrite5m, cacheWrite1h] = numbers;
  return { model, from: '2025-01-01', input, output, cacheRead, cacheWrite5m, cacheWrite1h, ...more };
}

/** List prices of November 2026, cross-checked between two price lists. */
export const PRICES: readonly PriceRow[] = [
  row('claude-haiku-5-5', [0.1, 0.5, 0.01, 0.125, 0.2], { longPrompt: { overTokens: 100_000, factor: 5 } }),
  row('claude-sonnet-5-5', [2, 10, 0.2, 2.5, 4]),
  row('claude-sonnet-5-5', [2, 10, 0.1, 2.5, 4], { from: '2026-10-07' }),
  row('claude-opus-5-5', [4, 20, 0.2, 5, 8], { fast: { input: 8, output: 40 } }),
  row('claude-fable-5-2', [8, 40, 0.2, 10, 16], { fast: { input: 16, output: 80 } }),
  row('claude-mythos-5-2', [8, 40, 0.2, 10, 16], { fast: { input: 16, output: 80 } }),
  row('claude-fable-5-1', [10, 50, 0.25, 12.5, 20]),
  row('claude-mythos-5-1', [10, 50, 0.25, 12.5, 20]),
  row('claude-sonnet-5', [2, 10, 0.2, 2.5, 4]),
  row('claude-opus-5', [5, 25, 0.5, 6.25, 10]),
  row('claude-opus-4-8', [5, 25, 0.5, 6.25, 10]),
  row('claude-opus-4-7', [5, 25, 0.5, 6.25, 10]),
  row('claude-opus-4-6', [5, 25, 0.5, 6.25, 10]),
  row('claude-opus-4-5', [5, 25, 0.5, 6.25, 10]),
  row('claude-sonnet-4-6', [3, 15, 0.3, 3.75, 6]),
  row('claude-haiku-4-5', [1, 5, 0.1, 1.25, 2]),
];

const BATCH_DISCOUNT = 2;

/** When the call was made, and how. */
export interface PriceContext {
  readonly at: Date;
  /** Through the Message Batches API, at half the price of tokens. */
  readonly batch?: boolean;
  /** In fast mode. */
  readonly fast?: boolean;
}

/**
 * The price in integer micro-USD, rounded up. A model without a row is priced at the dearest known price of each kind;
 * ask `isPriced` before relying on it.
 */
export function priceUsage(model: string, usage: Usage, when: Date | PriceContext): number {
  const { at, batch = false, fast = false }: PriceContext = when instanceof Date ? { at: when } : when;
  const price = fast ? inFastMode(rowFor(model, at)) : rowFor(model, at);
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  const factor = price.longPrompt && prompt > price.longPrompt.overTokens ? price.longPrompt.factor : 1;
  // In thousandths of a micro-USD every price is whole, so that the sum is exact.
  const tokens =
    usage.inputTokens * thousandths(price.input) +
    usage.outputTokens * thousandths(price.output) +
    usage.cacheReadTokens * thousandths(price.cacheRead) +
    usage.cacheWrite5mTokens * thousandths(price.cacheWrite5m) +
    usage.cacheWrite1hTokens * thousandths(price.cacheWrite1h);
  const discount = batch ? BATCH_DISCOUNT : 1;
  return Math.ceil((tokens * factor) / (1_000 * discount)) + usage.webSearches * WEB_SEARCH_MICRO_USD;
}

/** Whether the model has a price of its own. */
export function isPriced(model: string): boolean {
  const name = undated(model);
  return PRICES.some((candidate) => candidate.model === name);
}

/** Whether two ids name one model: `claude-haiku-4-5` and its dated `claude-haiku-4-5-20251001`. */
export function sameModel(a: string, b: string): boolean {
  return undated(a) === undated(b);
}

function undated(model: string): string {
  return model.replace(/-\d{8}$/, '');
}

function rowFor(model: string, at: Date): PriceRow {
  const name = undated(model);
  const day = at.toISOString().slice(0, 10);
  const rows = PRICES.filter((candidate) => candidate.model === name).sort((a, b) => (a.from < b.from ? 1 : -1));
  return rows.find(({ from }) => from <= day) ?? rows.at(-1) ?? DEAREST;
}

const most = (pick: (price: PriceRow) => number) => Math.max(...PRICES.map((price) => pick(price)));

const DEAREST: PriceRow = row(
  '*',
  [
    most((price) => price.input),
    most((price) => price.output),
    most((price) => price.cacheRead),
    most((price) => price.cacheWrite5m),
    most((price) => price.cacheWrite1h),
  ],
  {
    fast: {
      input: most((price) => price.fast?.input ?? price.input),
      output: most((price) => price.fast?.output ?? price.output),
    },
  },
);

function inFastMode(price: PriceRow): PriceRow {
  if (!price.fast) return price;
  const factor = price.fast.input / price.input;
  return {
    ...price,
    ...price.fast,
    cacheRead: price.cacheRead * factor,
    cacheWrite5m: price.cacheWrite5m * factor,
    cacheWrite1h: price.cacheWrite1h * factor,
  };
}

function thousandths(price: number): number {
  return Math.round(price * 1_000);
}
