/** Room for requests, as callers of the store see it. Types only. */

/** A request as far as its room is concerned. Tokens are estimates: input that no cache serves, and output. */
export interface CapacityCall {
  readonly model: string;
  readonly id: { readonly tenant: string; readonly goalId: string; readonly taskId: string };
  /** 1 (last) to 5 (first) within the tenant. */
  readonly priority: number;
  /** The tenant's share against other tenants'. */
  readonly weight: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Limits of a model that people set; the lower of these and what the API tells holds. */
export interface CapacityLimits {
  readonly requestsPerSecond?: number;
  readonly requestsPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  readonly outputTokensPerMinute?: number;
}

export interface CapacityRules {
  readonly probeIntervalMs: number;
  readonly limits: CapacityLimits;
}

/** Room for one request. */
export interface CapacityPass {
  /** The breaker is open and this caller tries the model; its success should `clear` it. */
  readonly probe: boolean;
  /** What comes of the request should be noted. */
  readonly watched: boolean;
  /** No call of the goal is shown as waiting any more. */
  readonly calm: boolean;
}

/** A place in the line. `announce`: the goal is to be shown as waiting from now on. */
export interface CapacityPlace {
  readonly retryInMs: number;
  readonly announce: boolean;
}

/** A limit per minute and what is left of it. */
export interface ToldLimit {
  readonly limit: number;
  readonly remaining: number;
}

/** Limits as an answer's headers tell them. */
export interface ToldLimits {
  readonly requests?: ToldLimit;
  readonly inputTokens?: ToldLimit;
  readonly outputTokens?: ToldLimit;
}

/** What requests of a model came to. Tokens beyond the estimate may be negative. */
export interface CapacityNote {
  readonly limits: ToldLimits;
  readonly moreInputTokens: number;
  readonly moreOutputTokens: number;
  /** The model has answered: failures before it are forgotten. */
  readonly answered: boolean;
}
