/** The limits that an answer's headers tell, with what is left of them. Host side, pure. */
import type { ToldLimit, ToldLimits } from '../../store/capacity-types.ts';

/**
 * Reads `anthropic-ratelimit-{requests,input-tokens,output-tokens}-{limit,remaining}`. What is missing, or no count, is left
 * out. `…-tokens-…` is the most restrictive of the others, and `…-reset` follows from the limit per minute.
 */
export function readToldLimits(headers: Headers): ToldLimits {
  const requests = readLimit(headers, 'requests');
  const inputTokens = readLimit(headers, 'input-tokens');
  const outputTokens = readLimit(headers, 'output-tokens');
  return {
    ...(requests ? { requests } : {}),
    ...(inputTokens ? { inputTokens } : {}),
    ...(outputTokens ? { outputTokens } : {}),
  };
}

function readLimit(headers: Headers, kind: string): ToldLimit | undefined {
  const limit = readCount(headers.get(`anthropic-ratelimit-${kind}-limit`));
  const remaining = readCount(headers.get(`anthropic-ratelimit-${kind}-remaining`));
  return limit === undefined || limit < 1 || remaining === undefined ? undefined : { limit, remaining };
}

function readCount(text: string | null): number | undefined {
  return text !== null && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
