/** Stands between the network and the SDK's stream: notices progress, bounds sizes, refuses what is no event stream. Host side. */
import { AnthropicError, type Middleware } from '@anthropic-ai/sdk';
import { Stream } from '@anthropic-ai/sdk/streaming';
import { OrchestratorError } from '../../core/failures.ts';
import { modelError } from './model-error.ts';

/** Far above any answer: 128,000 output tokens with their framing are some 30 MB. */
const MAX_STREAM_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 1024 * 1024;
/** How long a server may take to end a response after the message has ended, before the connection is dropped. */
const DRAIN_MS = 1_000;

/** `onHeaders` is called once, `onEvent` for every event that is progress: pings are not. */
export interface TapOptions {
  readonly callKey: string;
  readonly onHeaders: (headers: Headers) => void;
  readonly onEvent: () => void;
}

interface RawEvent {
  readonly event: string | null;
  readonly data: string;
}

/** Middleware of one call. Throws `model.bad-response` for a success that is not an event stream or is another call's. */
export function tapStream(options: TapOptions): Middleware {
  return async (request, next) => {
    const response = await next(request);
    options.onHeaders(response.headers);
    if (!response.ok) return withBody(response, limited(response.body, MAX_ERROR_BYTES));
    const refusal = refusalOf(response.headers, options.callKey);
    if (refusal !== undefined) {
      await response.body?.cancel().catch(() => undefined);
      throw modelError('model.bad-response', refusal);
    }
    const bounded = withBody(response, limited(response.body, MAX_STREAM_BYTES));
    return withBody(response, eventBytes(Stream.rawEvents(bounded), options.onEvent));
  };
}

function refusalOf(headers: Headers, callKey: string): string | undefined {
  const type = headers.get('content-type') ?? 'nothing';
  if (!/^text\/event-stream\b/i.test(type)) return `the answer is ${type.slice(0, 100)}, not an event stream`;
  const echoed = headers.get('idempotency-key');
  return echoed !== null && echoed !== callKey ? 'the answer is to another call' : undefined;
}

function withBody(response: Response, body: ReadableStream<Uint8Array> | null): Response {
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

function limited(body: ReadableStream<Uint8Array> | null, maxBytes: number): ReadableStream<Uint8Array> | null {
  let bytes = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(modelError('model.bad-response', `the answer is over ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
  return body?.pipeThrough(count) ?? null;
}

/** The events again as bytes, up to the end of the message. */
function eventBytes(events: AsyncGenerator<RawEvent>, onEvent: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let messages = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (;;) {
        const { value, done } = await events.next().catch(broken);
        if (done) return controller.close();
        if (value.event === 'ping' || value.event === null) continue;
        onEvent();
        // The SDK would hand out the last of several messages.
        if (value.event === 'message_start' && ++messages > 1) {
          throw modelError('model.bad-response', 'the answer holds more than one message');
        }
        controller.enqueue(encoder.encode(serialised(value)));
        if (value.event === 'message_stop') return finish(controller, events);
        return;
      }
    },
    cancel: async () => {
      await events.return(undefined);
    },
  });
}

/** Whatever ends the body's bytes early is the connection's fault, but for our own limits, the SDK's errors and aborts. */
function broken(error: unknown): never {
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (error instanceof OrchestratorError || error instanceof AnthropicError || name === 'AbortError') throw error;
  const what = typeof code === 'string' ? ` (${code})` : '';
  throw modelError('model.connection', `the connection to Claude broke in the middle of the answer${what}`);
}

/** The message is whole: a server that keeps the connection open must not hold it up, nor cost us the connection if it ends. */
function finish(controller: ReadableStreamDefaultController<Uint8Array>, events: AsyncGenerator<RawEvent>): void {
  controller.close();
  const timer = setTimeout(() => void events.return(undefined).catch(() => undefined), DRAIN_MS);
  timer.unref();
  void drain(events).finally(() => clearTimeout(timer));
}

async function drain(events: AsyncGenerator<RawEvent>): Promise<void> {
  try {
    for (;;) if ((await events.next()).done) return;
  } catch {
    // What comes after the message does not matter.
  }
}

function serialised({ event, data }: RawEvent): string {
  const text = event === 'message_start' || event === 'message_delta' ? withUsage(data) : data;
  const lines = text.split('\n').map((line) => `data: ${line}`);
  return `event: ${event}\n${lines.join('\n')}\n\n`;
}

/** The SDK fails on an event without usage, although the answer is whole and paid; an empty one says "not known". */
function withUsage(data: string): string {
  try {
    const event = JSON.parse(data) as { usage?: unknown; message?: { usage?: unknown } };
    const holder = 'message' in event ? event.message : event;
    if (typeof holder !== 'object' || holder === null || isObject(holder.usage)) return data;
    holder.usage = {};
    return JSON.stringify(event);
  } catch {
    return data;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
