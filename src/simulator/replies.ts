/** Builders of replies: what a model could answer. Pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { PlanInput } from '../core/plan.ts';
import { SUBMIT_TOOL } from '../core/prompt-tags.ts';
import type { CheckAnswer, Submission } from '../core/submission.ts';
import type { ErrorReply, MessageReply, ReplyBlock, SimulatedReply } from './contract.ts';

/** A message of these blocks. */
export const message = (...content: readonly ReplyBlock[]): MessageReply => ({ kind: 'message', content });

/** A text answer. */
export const text = (value: string): MessageReply => message({ type: 'text', text: value });

/** A text answer after a thinking block. */
export const thinking = (thought: string, value: string): MessageReply =>
  message({ type: 'thinking', thinking: thought }, { type: 'text', text: value });

/** A structured answer: the value as JSON text. */
export const json = (value: unknown): MessageReply => text(JSON.stringify(value));

/** One tool call. `id` default: a fresh one. */
export const toolUse = (name: string, input: unknown, id?: string): MessageReply =>
  message({ type: 'tool_use', name, input, id });

/** Several tool calls in one turn. */
export const toolUses = (calls: readonly { name: string; input: unknown; id?: string }[]): MessageReply =>
  message(...calls.map((call) => ({ type: 'tool_use' as const, ...call })));

/** Many calls of one tool in one turn, e.g. 50; `input` by index from 0. */
export const manyToolUses = (count: number, name: string, input: (index: number) => unknown): MessageReply =>
  toolUses(Array.from({ length: count }, (_unused, index) => ({ name, input: input(index) })));

/** Two calls with the same id. */
export const duplicateToolIds = (name: string, input: unknown): MessageReply =>
  toolUses([
    { name, input, id: 'toolu_duplicate' },
    { name, input, id: 'toolu_duplicate' },
  ]);

/** The call that ends a task; by default done, with the output as the summary. */
export function submit(submission: Partial<Submission>): MessageReply {
  const output = submission.output ?? 'Done.';
  const summary = submission.summary ?? (output.slice(0, 500) || 'Nothing to hand in.');
  const input: Submission = { status: 'done', evidence: [], ...submission, output, summary };
  return toolUse(SUBMIT_TOOL, input);
}

/** Ends a task as blocked. */
export const blocked = (reason: string): MessageReply => submit({ status: 'blocked', summary: reason, output: '' });

/** A plan as structured output. */
export const plan = (value: PlanInput): MessageReply => json(value);

/** A checker's answer as structured output. */
export const verdicts = (value: CheckAnswer['verdicts']): MessageReply =>
  json({ verdicts: value } satisfies CheckAnswer);

/** A refusal: no content, `stop_details`. */
export const refusal = (
  explanation: string,
  category: Anthropic.RefusalStopDetails['category'] = null,
): MessageReply => ({
  ...message(),
  stopReason: 'refusal',
  stopDetails: { type: 'refusal', category, explanation },
});

/** A turn the server paused; it may be sent back as it is. */
export const pauseTurn = (value: string): MessageReply => ({ ...text(value), stopReason: 'pause_turn' });

/** A text cut off by `max_tokens`. */
export const truncatedText = (value: string): MessageReply => ({ ...text(value), stopReason: 'max_tokens' });

/** A tool call cut off by `max_tokens`: `{}` in JSON, half of the input's JSON in a stream. */
export function truncatedToolUse(name: string, input: unknown): MessageReply {
  const full = JSON.stringify(input);
  const cutJson = full.slice(0, Math.max(1, Math.floor(full.length / 2)));
  return { ...message({ type: 'tool_use', name, input, cutJson }), stopReason: 'max_tokens' };
}

/** The prompt fits no more into the window. */
export const contextExceeded = (value = ''): MessageReply => ({
  ...(value === '' ? message() : text(value)),
  stopReason: 'model_context_window_exceeded',
});

/** A stop reason that no SDK knows. */
export const unknownStopReason = (value: string, stopReason: string): MessageReply => ({
  ...text(value),
  distortion: { stopReason },
});

/** The usual error type of a status. */
const ERROR_TYPES: Readonly<Record<number, Anthropic.ErrorType | 'request_too_large'>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** An error of the API by status; `type` and `message` as usual for it unless given. */
export function apiError(status: number, details: Partial<Omit<ErrorReply, 'kind' | 'status'>> = {}): ErrorReply {
  const type = ERROR_TYPES[status] ?? 'api_error';
  return { kind: 'error', status, type, message: `Simulated ${type}`, ...details };
}

/** 429; `retryAfter` is sent as it is: seconds, a date, nonsense. */
export const rateLimited = (retryAfter?: string): ErrorReply =>
  apiError(429, retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } });

/** 529. */
export const overloaded = (): ErrorReply => apiError(529, { message: 'Overloaded' });

/** 429 that no waiting cures: the organisation's spend limit. */
export const spendLimit = (
  code: 'enforced_spend_limit_reached' | 'contract_spend_limit_reached' = 'enforced_spend_limit_reached',
): ErrorReply => apiError(429, { code, message: 'Your organization has reached its spend limit.' });

/** The same reply, `ms` later. */
export const withLatency = <R extends SimulatedReply>(ms: number, reply: R): R => ({ ...reply, latencyMs: ms });

/** The same message with these usage figures; the bill follows them. */
export const withUsage = (usage: Partial<Anthropic.Usage>, reply: MessageReply): MessageReply => ({ ...reply, usage });
