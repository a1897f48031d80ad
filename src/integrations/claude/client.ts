/** The Claude client: one request per call, always streamed, never retried here, checked before it is handed on. Host side. */
import Anthropic from '@anthropic-ai/sdk';
import type { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import type { ToldLimits } from '../../store/capacity-types.ts';
import { type ClaudeBatches, createBatches } from './batches.ts';
import { watchCall } from './call-watch.ts';
import { checkMessage } from './check-message.ts';
import { modelError } from './model-error.ts';
import { tapStream } from './stream-tap.ts';
import { readToldLimits } from './told-limits.ts';

/** A request; how it is sent is the client's business. */
export type ClaudeRequest = Anthropic.MessageCreateParamsNonStreaming;

/** A whole answer as plain data. `message.usage` may be empty when the API left it out: see `toUsage`. */
export interface ClaudeAnswer {
  readonly message: Anthropic.Message;
  readonly requestId: string | null;
}

/** `onProgress`, `onText` and `onLimits` are best effort: what they throw is ignored, as the answer is paid for. */
export interface SendOptions {
  /** Sent as `idempotency-key`. */
  readonly callKey: string;
  readonly signal?: AbortSignal;
  /** Called for every event but pings. */
  readonly onProgress?: () => void;
  readonly onText?: (delta: string) => void;
  /** Called with the limits that the response's headers tell, errors' too. */
  readonly onLimits?: (limits: ToldLimits) => void;
}

export interface Claude {
  /**
   * Sends one request. Throws what `classifyClaudeError` understands; when `signal` aborts, its reason if that is an
   * error (Temporal's is the `CancelledFailure`).
   */
  send(params: ClaudeRequest, options: SendOptions): Promise<ClaudeAnswer>;
  /** The input tokens of a request as the API estimates them; costs nothing. Throws like `send`. */
  countTokens(params: ClaudeRequest, options: { readonly signal?: AbortSignal }): Promise<number>;
  /** The input tokens that a model takes; null when the API does not say. Costs nothing. Throws like `send`. */
  windowTokens(model: string, options: { readonly signal?: AbortSignal }): Promise<number | null>;
  readonly batches: ClaudeBatches;
}

/** Times in ms. Without a key (or with an empty one) every call fails as `model.credentials`. */
export interface ClaudeOptions {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly idleTimeoutMs: number;
  readonly callTimeoutMs: number;
}

const API_URL = 'https://api.anthropic.com';

/** A client for one key and address; the SDK's own environment variables for them have no effect. */
export function createClaude(options: ClaudeOptions): Claude {
  const { apiKey, baseUrl = API_URL, callTimeoutMs } = options;
  if (!apiKey) return withoutKey();
  const client = new Anthropic({
    apiKey,
    authToken: null,
    baseURL: baseUrl,
    maxRetries: 0,
    timeout: callTimeoutMs,
    // The SDK logs event data it cannot read; ours is the only logger.
    logLevel: 'off',
    openTelemetry: { propagation: false, traces: { contentMode: 'metadata_only' } },
  });
  return {
    send: (params, call) => send({ client, options }, params, call),
    countTokens: (params, { signal }) => countTokens({ client, options }, params, signal),
    windowTokens: (model, { signal }) =>
      watched({ client, options }, signal, async (own) => {
        return (await client.models.retrieve(model, {}, { signal: own })).max_input_tokens ?? null;
      }),
    batches: createBatches(client, (signal, ask) => watched({ client, options }, signal, ask)),
  };
}

function withoutKey(): Claude {
  const refuse = () => Promise.reject(noKey());
  const batches = { create: refuse, state: refuse, list: refuse, results: refuse, cancel: refuse };
  return { send: refuse, countTokens: refuse, windowTokens: refuse, batches };
}

function noKey(): Error {
  return modelError('model.credentials', 'there is no Anthropic API key: set ANTHROPIC_API_KEY or claude.apiKey');
}

interface Connection {
  readonly client: Anthropic;
  readonly options: ClaudeOptions;
}

async function send({ client, options }: Connection, params: ClaudeRequest, call: SendOptions): Promise<ClaudeAnswer> {
  const watch = watchCall({ ...options, ...(call.signal ? { signal: call.signal } : {}) });
  try {
    if (watch.reason() !== undefined) throw watch.reason();
    const onEvent = () => {
      watch.progress();
      ignoringErrors(() => call.onProgress?.());
    };
    const onHeaders = (headers: Headers) => ignoringErrors(() => call.onLimits?.(readToldLimits(headers)));
    const stream = client.messages.stream(params, {
      headers: { 'idempotency-key': call.callKey },
      signal: watch.signal,
      middleware: [tapStream({ callKey: call.callKey, onHeaders, onEvent })],
    });
    const inputs = collectToolInputs(stream);
    stream.on('text', (delta) => ignoringErrors(() => call.onText?.(delta)));
    const message = await Promise.race([stream.finalMessage(), watch.stopped]);
    const checked = checkMessage(message, params.model);
    checkToolInputs(inputs, checked.stop_reason);
    return { message: plainCopy(checked), requestId: stream.request_id ?? null };
  } catch (error) {
    throw watch.reason() ?? error;
  } finally {
    watch.end();
  }
}

async function countTokens(
  connection: Connection,
  params: ClaudeRequest,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { model, messages, system, tools, tool_choice, thinking, output_config } = params;
  const counted = { model, messages, system, tools, tool_choice, thinking, output_config };
  return watched(connection, signal, async (own) => {
    const { input_tokens: tokens } = await connection.client.messages.countTokens(counted, { signal: own });
    if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens;
    throw modelError('model.bad-response', 'the count of tokens is not a whole number');
  });
}

/** A short question to the API, within the times of a call. */
async function watched<T>(
  { options }: Connection,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const watch = watchCall({ ...options, ...(signal ? { signal } : {}) });
  try {
    return await Promise.race([ask(watch.signal), watch.stopped]);
  } catch (error) {
    throw watch.reason() ?? error;
  } finally {
    watch.end();
  }
}

/** The text of each tool call's input by content index, as the SDK reads incomplete JSON as if it were whole. */
function collectToolInputs(stream: MessageStream): Map<number, string> {
  const inputs = new Map<number, string>();
  stream.on('streamEvent', (event) => {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'input_json_delta') return;
    inputs.set(event.index, (inputs.get(event.index) ?? '') + event.delta.partial_json);
  });
  return inputs;
}

/** A tool call that is not cut by its stop reason must have whole JSON. */
function checkToolInputs(inputs: ReadonlyMap<number, string>, stopReason: Anthropic.StopReason | null): void {
  if (stopReason !== 'tool_use' && stopReason !== 'end_turn') return;
  for (const [index, text] of inputs) {
    try {
      if (text !== '') JSON.parse(text);
    } catch {
      throw modelError('model.bad-response', `the input of the tool call at ${index} is not whole JSON`);
    }
  }
}

/** Without the SDK's getters, hidden buffers and `parsed_output`, so that it can be stored and sent back. */
function plainCopy(message: Anthropic.Message): Anthropic.Message {
  const { parsed_output: _unused, ...rest } = JSON.parse(JSON.stringify(message)) as Anthropic.Message & {
    parsed_output?: unknown;
  };
  return rest;
}

function ignoringErrors(act: () => void): void {
  try {
    act();
  } catch {
    // A listener's fault must not cost a paid answer.
  }
}
