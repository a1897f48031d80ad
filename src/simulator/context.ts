/** What the routes of one simulator share. Host side. */
import type { Brain, SimulatedRequest } from './contract.ts';
import type { PromptCache } from './messages/prompt-cache.ts';
import type { ModelSize } from './models.ts';
import type { RateLimiter } from './rate-limits.ts';
import type { RequestRecorder } from './request-log.ts';
import type { RequestRules } from './validate/request.ts';

/** Latency in ms, fixed or by request. */
export type Latency = number | ((request: SimulatedRequest) => number);

export interface Context {
  readonly brain: Brain;
  readonly latency: Latency;
  readonly batchDelayMs: number;
  readonly batchExpires: (customId: string, params: unknown) => boolean;
  readonly models: Readonly<Record<string, ModelSize>>;
  readonly validKeys?: readonly string[];
  readonly cache: PromptCache;
  readonly limiter: RateLimiter;
  readonly log: RequestRecorder;
  readonly rules: RequestRules;
  /** Remembers the text of a `pause_turn` answer, which may be sent back as it is. */
  readonly rememberPause: (text: string) => void;
  readonly scriptErrors: Error[];
  readonly nextId: (prefix: string) => string;
  readonly now: () => number;
  /** Fires when the simulator closes. */
  readonly closing: AbortSignal;
  /** Base address, e.g. `http://127.0.0.1:4711`. */
  readonly url: () => string;
}
