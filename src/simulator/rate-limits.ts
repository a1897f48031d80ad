/** Rate limits of the simulator: token buckets per model and the headers that tell of them. Host side. */

/** Limits per minute and model; absent = no limit enforced. */
export interface RateLimits {
  readonly requestsPerMinute?: number;
  /** Uncached input tokens plus output tokens. */
  readonly tokensPerMinute?: number;
}

type Headers = Record<string, string>;

export interface RateLimiter {
  /** Takes one request; `retryAfterS` (≥ 1) when it must wait. */
  takeRequest(model: string): { readonly headers: Headers; readonly retryAfterS?: number };
  /** Counts the tokens of an answer; the balance may go below zero. */
  spendTokens(model: string, tokens: number): void;
}

/** What the headers claim when nothing is enforced. */
const UNLIMITED = { requests: 50_000, tokens: 10_000_000 };

interface Bucket {
  level: number;
  at: number;
  readonly size: number;
}

function refill(bucket: Bucket, now: number): void {
  bucket.level = Math.min(bucket.size, bucket.level + ((now - bucket.at) / 60_000) * bucket.size);
  bucket.at = now;
}

const secondsUntil = (bucket: Bucket, level: number): number =>
  Math.max(0, Math.ceil(((level - bucket.level) / bucket.size) * 60));

function headersOf(kind: 'requests' | 'tokens', bucket: Bucket): Headers {
  const prefix = `anthropic-ratelimit-${kind}`;
  return {
    [`${prefix}-limit`]: String(bucket.size),
    [`${prefix}-remaining`]: String(Math.max(0, Math.floor(bucket.level))),
    [`${prefix}-reset`]: new Date(bucket.at + secondsUntil(bucket, bucket.size) * 1_000).toISOString(),
  };
}

/** Full buckets. `now` gives ms. */
export function createRateLimiter(limits: RateLimits, now: () => number): RateLimiter {
  const buckets = new Map<string, { readonly requests: Bucket; readonly tokens: Bucket }>();

  const bucketsOf = (model: string) => {
    const bucket = (size: number): Bucket => ({ size, level: size, at: now() });
    const pair = buckets.get(model) ?? {
      requests: bucket(limits.requestsPerMinute ?? UNLIMITED.requests),
      tokens: bucket(limits.tokensPerMinute ?? UNLIMITED.tokens),
    };
    buckets.set(model, pair);
    refill(pair.requests, now());
    refill(pair.tokens, now());
    return pair;
  };

  return {
    takeRequest(model) {
      const { requests, tokens } = bucketsOf(model);
      const wait = Math.max(
        limits.requestsPerMinute === undefined ? 0 : secondsUntil(requests, 1),
        limits.tokensPerMinute === undefined ? 0 : secondsUntil(tokens, 1),
      );
      if (wait === 0) requests.level -= 1;
      const headers = { ...headersOf('requests', requests), ...headersOf('tokens', tokens) };
      return wait === 0 ? { headers } : { headers: { ...headers, 'retry-after': String(wait) }, retryAfterS: wait };
    },
    spendTokens(model, count) {
      bucketsOf(model).tokens.level -= count;
    },
  };
}
