/** Token usage and money; sandbox-safe types. Money is integer micro-USD everywhere (1 USD = 1_000_000). */

/** $10 per 1,000 web searches, in micro-USD each; batches do not halve it as they do tokens. */
export const WEB_SEARCH_MICRO_USD = 10_000;

/** Tokens of one or many model calls, as the API counts them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly webSearches: number;
}
