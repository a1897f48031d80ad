/** Rate limits of the simulator: token buckets per model and the headers that tell of them. Host side. */

/** Limits per minute and model; absent = no limit enforced. */
export interface RateLimits {
  readonly requestsPerMinute?: number;
  /** Input that no cache served. */
  readonly inputTokensPerMinute?: number;
  readonly outputTokensPerMinute?: number;
}

type Headers = Record<string, string>;

export interface RateLimiter {
  /** Takes one request; `retryAfterS` (≥ 1) when it must wait. What is refused takes nothing. */
  takeRequest(model: string): { readonly headers: Headers; readonly retryAfterS?: number };
  /** Counts the tokens of an answer; the balance may go below zero. */
  spendTokens(model: string, used: { readonly input: number; readonly output: number }): void;
}

/** What the headers claim when nothing is enforced. */
const UNLIMITED = { requests: 50_000, input: 10_000_000, output: 2_000_000 };

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

function headersOf(kind: 'requests' | 'tokens' | 'input-tokens' | 'output-tokens', bucket: Bucket): Headers {
  const prefix = `anthropic-ratelimit-${kind}`;
  return {
    [`${prefix}-limit`]: String(bucket.size),
    [`${prefix}-remaining`]: String(Math.max(0, Math.floor(bucket.level))),
    [`${prefix}-reset`]: new Date(bucket.at + secondsUntil(bucket, bucket.size) * 1_000).toISOString(),
  };
}

interface ModelBuckets {
  readonly requests: Bucket;
  readonly input: Bucket;
  readonly output: Bucket;
}

/** `tokens` is the more restrictive of the token limits, as the API has it. */
function allHeaders({ requests, input, output }: ModelBuckets): Headers {
  const tighter = input.level / input.size < output.level / output.size ? input : output;
  return {
    ...headersOf('requests', requests),
    ...headersOf('tokens', tighter),
    ...headersOf('input-tokens', input),
    ...headersOf('output-tokens', output),
  };
}

/** Full buckets. `now` gives ms. */
export function createRateLimiter(limits: RateLimits, now: () => number): RateLimiter {
  const models = new Map<string, ModelBuckets>();
  const { requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute } = limits;

  const bucketsOf = (model: string): ModelBuckets => {
    const bucket = (size: number): Bucket => ({ size, level: size, at: now() });
    const buckets = models.get(model) ?? {
      requests: bucket(requestsPerMinute ?? UNLIMITED.requests),
      input: bucket(inputTokensPerMinute ?? UNLIMITED.input),
      output: bucket(outputTokensPerMinute ?? UNLIMITED.output),
    };
    models.set(model, buckets);
    for (const one of Object.values(buckets)) refill(one, now());
    return buckets;
  };

  return {
    takeRequest(model) {
      const buckets = bucketsOf(model);
      const { requests, input, output } = buckets;
      const wait = Math.max(
        requestsPerMinute === undefined ? 0 : secondsUntil(requests, 1),
        inputTokensPerMinute === undefined ? 0 : secondsUntil(input, 1),
        outputTokensPerMinute === undefined ? 0 : secondsUntil(output, 1),
      );
      if (wait === 0) requests.level -= 1;
      const headers = allHeaders(buckets);
      return wait === 0 ? { headers } : { headers: { ...headers, 'retry-after': String(wait) }, retryAfterS: wait };
    },
    spendTokens(model, used) {
      const { input, output } = bucketsOf(model);
      input.level -= used.input;
      output.level -= used.output;
    },
  };
}
