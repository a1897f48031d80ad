/** Usage as the API reports it, taken over only when it makes sense. Host side, pure. */
import type { Usage } from '../../core/contracts/usage.ts';

/** Our usage of the API's; undefined when a count is missing, negative, fractional or not a number. */
export function toUsage(apiUsage: unknown): Usage | undefined {
  if (typeof apiUsage !== 'object' || apiUsage === null) return undefined;
  const usage = apiUsage as Record<string, unknown>;
  const written = optionalCount(usage.cache_creation_input_tokens);
  const written1h = optionalCount(member(usage.cache_creation, 'ephemeral_1h_input_tokens'));
  const written5m = optionalCount(member(usage.cache_creation, 'ephemeral_5m_input_tokens'));
  const counts: Usage = {
    inputTokens: count(usage.input_tokens),
    outputTokens: count(usage.output_tokens),
    cacheReadTokens: optionalCount(usage.cache_read_input_tokens),
    // The total may come later in a stream than its split, or without one: the rest was written for 5 minutes.
    cacheWrite5mTokens: Math.max(written5m, written - written1h),
    cacheWrite1hTokens: written1h,
    webSearches: optionalCount(member(usage.server_tool_use, 'web_search_requests')),
  };
  const sum = Object.values(counts).reduce((total: number, value: number) => total + value, 0);
  return Number.isSafeInteger(sum) ? counts : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function optionalCount(value: unknown): number {
  return value === undefined || value === null ? 0 : count(value);
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : Number.NaN;
}
