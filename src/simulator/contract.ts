/** What a brain sees of a request and what it may answer; types only, host side. */
import type Anthropic from '@anthropic-ai/sdk';
import type { ParsedPrompt, Purpose } from './parse-prompt.ts';

/** A validated request to `POST /v1/messages` (or one of a batch). */
export interface SimulatedRequest {
  /** The `request-id` that the response carries. */
  readonly id: string;
  /** Header `idempotency-key`, empty when absent. For a batch: its `custom_id`. */
  readonly key: string;
  /** How many requests with this key came so far, this one included; from 1. */
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Anthropic.MessageCreateParams;
  readonly purpose: Purpose;
  /** The prompt taken apart by its tags. */
  readonly prompt: ParsedPrompt;
  /** Estimated tokens of the whole prompt, cached or not. */
  readonly inputTokens: number;
}

/** One content block of a reply. `raw` goes out as it is: for block types that do not exist. */
export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string }
  | {
      readonly type: 'tool_use';
      readonly name: string;
      readonly input: unknown;
      /** Default: a fresh unique id. */
      readonly id?: string;
      /** Sent in a stream instead of the input's JSON; in a JSON reply the input is then `{}`, as the API does. */
      readonly cutJson?: string;
    }
  | { readonly type: 'raw'; readonly block: Readonly<Record<string, unknown>> };

/** How the body of a reply goes wrong on the wire. `afterEvents` counts SSE events, default half of them (at least 2). */
export type Fault =
  /** The body ends early and cleanly, in the middle of its JSON. */
  | { readonly kind: 'truncate' }
  /** The stream ends cleanly before `message_stop`. */
  | { readonly kind: 'cut'; readonly afterEvents?: number }
  /** TCP reset. */
  | { readonly kind: 'reset'; readonly afterEvents?: number }
  /** Silence (0 events: right after the headers), with pings if asked, for `forMs` or until the client leaves. */
  | { readonly kind: 'stall'; readonly afterEvents?: number; readonly pingEveryMs?: number; readonly forMs?: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** `event: error` in the stream. */
  | { readonly kind: 'error-event'; readonly afterEvents?: number; readonly type: string; readonly message: string }
  /** An event whose data is no JSON. */
  | { readonly kind: 'malformed-event'; readonly afterEvents?: number }
  /** A second `message_start` with another message's id. */
  | { readonly kind: 'second-start'; readonly afterEvents?: number }
  /** Chunks that end inside multi-byte characters. */
  | { readonly kind: 'split-utf8' }
  /** Text deltas without end, up to this many bytes. */
  | { readonly kind: 'flood'; readonly bytes: number };

/** Fields that are put on the wire instead of the right ones; the bill keeps the right ones. */
export interface Distortion {
  /** A stop reason outside the SDK's type. */
  readonly stopReason?: string;
  /** `missing`, or fields that replace those of the usage; `Infinity` goes out as `1e999`, `NaN` as `null`. */
  readonly usage?: 'missing' | Readonly<Record<string, unknown>>;
  readonly messageId?: string;
  readonly requestId?: string;
}

/** A message as the model would give it. */
export interface MessageReply {
  readonly kind: 'message';
  readonly content: readonly ReplyBlock[];
  /** Default: `tool_use` when a block is one, `max_tokens` when the limit cuts it, else `end_turn`. */
  readonly stopReason?: Anthropic.StopReason;
  readonly stopDetails?: Anthropic.RefusalStopDetails;
  /** Replaces computed figures; the bill follows it. */
  readonly usage?: Partial<Anthropic.Usage>;
  readonly distortion?: Distortion;
  readonly fault?: Fault;
  /** Wait before the response headers, ms. Default: the server's latency. */
  readonly latencyMs?: number;
  /** Characters in one streamed delta. Default 80, more for long texts. */
  readonly chunkChars?: number;
  /** Pause after each delta, ms. Default 0. */
  readonly chunkDelayMs?: number;
}

/** An error of the API. */
export interface ErrorReply {
  readonly kind: 'error';
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** Goes to `error.details.error_code`. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly latencyMs?: number;
}

/** Any HTTP response, e.g. a proxy's page. */
export interface RawReply {
  readonly kind: 'raw';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly latencyMs?: number;
}

export type SimulatedReply = MessageReply | ErrorReply | RawReply;

/** Decides the reply to each request. What it throws reaches the client as a 500 and `assertNoScriptErrors()`. */
export type Brain = (request: SimulatedRequest) => SimulatedReply | Promise<SimulatedReply>;
