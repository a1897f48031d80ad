/** The most that a request can use. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { Usage } from '../../core/contracts/usage.ts';
import { sizeOf } from './request-size.ts';

/** Tokens are never more than bytes; 2,000 are added for what the API adds by itself. */
export function worstUsageOf(request: Anthropic.MessageCreateParamsNonStreaming): Usage {
  const inputTokens = sizeOf(request).bytes + 2_000;
  return {
    inputTokens: 0,
    outputTokens: request.max_tokens,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: inputTokens,
    webSearches: 0,
  };
}
