/** A loopback server that answers as a test says, and the server-sent events of an answer. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Anthropic from '@anthropic-ai/sdk';

export type Json = Record<string, unknown>;

export interface FaultServer {
  readonly url: string;
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly body: Json }[];
  close(): Promise<void>;
}

/** Answers every request by `reply`, which may leave it open. */
export async function faultServer(reply: (response: ServerResponse, body: Json) => void): Promise<FaultServer> {
  const requests: { headers: IncomingHttpHeaders; body: Json }[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json;
      requests.push({ headers: request.headers, body });
      reply(response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const MODEL = 'claude-sonnet-5-5';

export const USAGE = {
  input_tokens: 10,
  output_tokens: 1,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 4,
  cache_creation: null,
  server_tool_use: null,
};

/** One server-sent event. */
export function event(data: Json): string {
  return `event: ${String(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;
}

export const PING = event({ type: 'ping' });

export function start(over: Json = {}): string {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content: [], stop_reason: null };
  return event({ type: 'message_start', message: { ...message, stop_sequence: null, usage: USAGE, ...over } });
}

export function textBlock(index: number, ...parts: string[]): string {
  return [
    event({ type: 'content_block_start', index, content_block: { type: 'text', text: '', citations: null } }),
    ...parts.map((text) => event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })),
    event({ type: 'content_block_stop', index }),
  ].join('');
}

export function toolBlock(index: number, ...json: string[]): string {
  const block = { type: 'tool_use', id: `toolu_${index}`, name: 'read_file', input: {} };
  return [
    event({ type: 'content_block_start', index, content_block: block }),
    ...json.map((partial_json) =>
      event({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } }),
    ),
    event({ type: 'content_block_stop', index }),
  ].join('');
}

export function delta(stopReason: string | null, over: Json = {}): string {
  const change = { stop_reason: stopReason, stop_sequence: null, stop_details: null };
  return event({ type: 'message_delta', delta: change, usage: { output_tokens: 20 }, ...over });
}

export const STOP = event({ type: 'message_stop' });

/** A whole answer. */
export function answer(content: string, stopReason: string): string {
  return start() + content + delta(stopReason) + STOP;
}

/** Sends the head of an event stream and `body`; ends it unless told not to. */
export function stream(
  response: ServerResponse,
  body: string | Buffer,
  options: { end?: boolean; headers?: Record<string, string> } = {},
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'request-id': 'req_1',
    ...options.headers,
  });
  response.write(body);
  if (options.end !== false) response.end();
}

/** An error response as the API sends it. */
export function apiError(
  status: number,
  type: string,
  more: { code?: string; headers?: Record<string, string> } = {},
): (response: ServerResponse) => void {
  const error = { type, message: `${type} happened`, ...(more.code ? { details: { error_code: more.code } } : {}) };
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_e', ...more.headers });
    response.end(JSON.stringify({ type: 'error', error, request_id: 'req_e' }));
  };
}

export const REQUEST: Anthropic.MessageCreateParamsNonStreaming = {
  model: MODEL,
  max_tokens: 64_000,
  messages: [{ role: 'user', content: 'Hello' }],
};
