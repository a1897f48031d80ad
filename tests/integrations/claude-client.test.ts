import type { ServerResponse } from 'node:http';
import type { FailureType } from '../../src/core/failures.ts';
import {
  type ClaudeAnswer,
  type ClaudeOptions,
  createClaude,
  type SendOptions,
} from '../../src/integrations/claude/client.ts';
import { classifyClaudeError } from '../../src/integrations/claude/errors.ts';
import { toUsage } from '../../src/integrations/claude/usage.ts';
import {
  answer,
  apiError,
  delta,
  event,
  type FaultServer,
  faultServer,
  type Json,
  PING,
  REQUEST,
  STOP,
  start,
  stream,
  textBlock,
  toolBlock,
} from './claude-server.ts';

let server: FaultServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Reply = (response: ServerResponse, body: Json) => void;

async function send(reply: Reply, options: Partial<SendOptions & ClaudeOptions> = {}): Promise<ClaudeAnswer> {
  server = await faultServer(reply);
  const { idleTimeoutMs = 20_000, callTimeoutMs = 40_000, apiKey = 'sk-ant-test-key', ...call } = options;
  const claude = createClaude({ apiKey, baseUrl: server.url, idleTimeoutMs, callTimeoutMs });
  return claude.send(REQUEST, { callKey: 'g/t/0/1', ...call });
}

/** Sends and returns how the failure is classified; exactly one request may have gone out. */
async function failureOf(
  reply: Reply,
  options: Partial<SendOptions & ClaudeOptions> = {},
): Promise<ReturnType<typeof classifyClaudeError>> {
  const failed = await send(reply, options).then(
    () => undefined,
    (error: unknown) => classifyClaudeError(error),
  );
  if (!failed) throw new Error('the call did not fail');
  expect(server?.requests).toHaveLength(1);
  return failed;
}

describe('createClaude: an answer', () => {
  it('text → plain message, request id, deltas in order, progress for every event but pings', async () => {
    const deltas: string[] = [];
    let progress = 0;
    const { message, requestId } = await send(
      (response) => stream(response, PING + start() + PING + textBlock(0, 'Hel', 'lo') + delta('end_turn') + STOP),
      { onText: (text) => deltas.push(text), onProgress: () => progress++ },
    );
    expect(message.content).toEqual([{ type: 'text', text: 'Hello', citations: null }]);
    expect(message).not.toHaveProperty('parsed_output');
    expect(Object.getOwnPropertyNames(message.content[0])).not.toContain('parsed_output');
    expect(message.stop_reason).toBe('end_turn');
    expect(toUsage(message.usage)).toMatchObject({ inputTokens: 10, outputTokens: 20, cacheReadTokens: 4 });
    expect(requestId).toBe('req_1');
    expect(deltas).toEqual(['Hel', 'lo']);
    expect(progress).toBe(7);
  });

  it('the request → streamed, call key and bearer key in headers, no retry asked, other parameters as given', async () => {
    await send((response) => stream(response, answer(textBlock(0, 'x'), 'end_turn')));
    expect(server?.requests).toHaveLength(1);
    const { headers, body } = server?.requests[0] ?? { headers: {}, body: {} };
    expect(headers['idempotency-key']).toBe('g/t/0/1');
    expect(headers.authorization).toBe('Bearer sk-ant-test-key');
    expect(headers['x-stainless-retry-count']).toBe('0');
    expect(body).toEqual({ ...REQUEST, stream: true });
  });

  it('tool calls → inputs put together from their parts, as plain data', async () => {
    const { message } = await send((response) =>
      stream(response, answer(toolBlock(0, '{"pa', 'th": "a"}') + toolBlock(1), 'tool_use')),
    );
    expect(message.content).toEqual([
      { type: 'tool_use', id: 'toolu_0', name: 'read_file', input: { path: 'a' } },
      { type: 'tool_use', id: 'toolu_1', name: 'read_file', input: {} },
    ]);
  });

  it.each([
    ['48 refusal with no content', start() + delta('refusal') + STOP, 'refusal', 0],
    ['49 max_tokens in text', answer(textBlock(0, 'cut'), 'max_tokens'), 'max_tokens', 1],
    ['50 max_tokens inside a tool call', answer(toolBlock(0, '{"path": "a'), 'max_tokens'), 'max_tokens', 1],
    ['51 pause_turn', answer(textBlock(0, 'x'), 'pause_turn'), 'pause_turn', 1],
    [
      '47 window exceeded',
      answer(textBlock(0, 'x'), 'model_context_window_exceeded'),
      'model_context_window_exceeded',
      1,
    ],
  ])('%s → handed on with its stop reason', async (...row) => {
    const [, body, stopReason, blocks] = row;
    const { message } = await send((response) => stream(response, body));
    expect(message.stop_reason).toBe(stopReason);
    expect(message.content).toHaveLength(blocks);
  });

  it.each([
    [
      'in both events',
      start({ usage: undefined }) + textBlock(0, 'x') + delta('end_turn', { usage: undefined }) + STOP,
    ],
    ['at the end', start() + textBlock(0, 'x') + delta('end_turn', { usage: undefined }) + STOP],
    ['null at the start', start({ usage: null }) + textBlock(0, 'x') + delta('end_turn', { usage: null }) + STOP],
  ])('56 usage missing %s → the answer is kept, its usage unknown', async (_name, body) => {
    const { message } = await send((response) => stream(response, body));
    expect(message.content).toHaveLength(1);
    expect(toUsage(message.usage)).toBeUndefined();
  });

  it('65 UTF-8 and events split at every byte → the same text', async () => {
    const bytes = Buffer.from(answer(textBlock(0, 'grün 🌱', ' – fin'), 'end_turn').replaceAll('\n', '\r\n'));
    const { message } = await send((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.socket?.setNoDelay(true);
      let at = 0;
      const next = () => {
        if (at === bytes.length) response.end();
        else response.write(bytes.subarray(at, ++at), () => setImmediate(next));
      };
      next();
    });
    expect(message.content).toMatchObject([{ text: 'grün 🌱 – fin' }]);
  });

  it('a server that keeps the connection open after message_stop → the answer at once', async () => {
    const { message } = await send((response) =>
      stream(response, answer(textBlock(0, 'x'), 'end_turn'), { end: false }),
    );
    expect(message.stop_reason).toBe('end_turn');
  });

  it('listeners that throw → the paid answer is kept', async () => {
    const bad = () => {
      throw new Error('listener');
    };
    const { message } = await send((response) => stream(response, answer(textBlock(0, 'x'), 'end_turn')), {
      onText: bad,
      onProgress: bad,
    });
    expect(message.content).toHaveLength(1);
  });

  it('a dated id of the model that was asked for → taken', async () => {
    const body = start({ model: 'claude-sonnet-5-5-20260901' }) + textBlock(0, 'x') + delta('end_turn') + STOP;
    expect((await send((response) => stream(response, body))).message.model).toBe('claude-sonnet-5-5-20260901');
  });
});

describe('createClaude: refused by the API', () => {
  it.each([
    ['40 expired key', apiError(401, 'authentication_error'), 'model.credentials'],
    ['41 forbidden', apiError(403, 'permission_error'), 'model.credentials'],
    ['41 model retired', apiError(404, 'not_found_error'), 'model.not-found'],
    ['41 malformed', apiError(400, 'invalid_request_error'), 'model.bad-request'],
    ['42 billing', apiError(402, 'billing_error'), 'model.spend-limit'],
    [
      '42 contract limit, as 429',
      apiError(429, 'rate_limit_error', { code: 'contract_spend_limit_reached' }),
      'model.spend-limit',
    ],
    [
      '42 tier limit, as 429',
      apiError(429, 'rate_limit_error', { code: 'enforced_spend_limit_reached' }),
      'model.spend-limit',
    ],
    ['46 too large', apiError(413, 'invalid_request_error'), 'model.too-large'],
  ] as [string, Reply, FailureType][])('%s → one request, not tried again', async (_name, reply, type) => {
    expect(await failureOf(reply)).toMatchObject({ type, retryable: false, counts: false });
  });

  it.each([
    ['3', 3_000],
    ['0', 1_000],
    ['-5', 1_000],
    ['86400', 300_000],
    ['soon', undefined],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 1_000],
  ])('43 429 with retry-after %s → one request, at once, delay %p', async (value, delayMs) => {
    const failed = await failureOf(apiError(429, 'rate_limit_error', { headers: { 'retry-after': value } }));
    expect(failed).toMatchObject({ type: 'model.rate-limited', counts: false, overload: true });
    expect(failed.delayMs).toBe(delayMs);
  });

  it('44 529 → one request, overloaded (G6)', async () => {
    expect(await failureOf(apiError(529, 'overloaded_error'))).toMatchObject({
      type: 'model.overloaded',
      counts: false,
      overload: true,
    });
  });

  it('45 500 → counted; with x-should-retry: false → not tried again', async () => {
    expect(await failureOf(apiError(500, 'api_error'))).toMatchObject({
      type: 'model.server-error',
      counts: true,
      retryable: true,
    });
    await server?.close();
    const final = await failureOf(apiError(500, 'api_error', { headers: { 'x-should-retry': 'false' } }));
    expect(final).toMatchObject({ type: 'model.attempts-exhausted', retryable: false });
  });

  it('67 proxy’s HTML page as 502 → server error whose message has none of the page', async () => {
    const failed = await failureOf((response) =>
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>nginx</h1>'),
    );
    expect(failed).toMatchObject({ type: 'model.server-error', counts: true });
    expect(failed.message).not.toContain('nginx');
  });

  it('an error body without end → classified by its status', async () => {
    const failed = await failureOf((response) => {
      response.writeHead(503, { 'content-type': 'text/plain' });
      response.end('x'.repeat(3 * 1024 * 1024));
    });
    expect(failed.type).toBe('model.server-error');
  });

  it('no key → model.credentials with what to set, nothing sent', async () => {
    const error: unknown = await send(() => undefined, { apiKey: '' }).catch((thrown: unknown) => thrown);
    expect(classifyClaudeError(error)).toMatchObject({
      type: 'model.credentials',
      message: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
    expect(server?.requests).toHaveLength(0);
  });
});

describe('createClaude: answers that are none', () => {
  const whole = answer(textBlock(0, 'x'), 'end_turn');
  const other = event({ type: 'content_block_start', index: 0, content_block: { type: 'hologram', data: '' } });

  it.each([
    ['55 200 with HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    [
      '54 200 with cut JSON',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"msg'),
    ],
    ['200 with nothing', (response) => response.writeHead(200).end()],
    ['an empty stream', (response) => stream(response, '')],
    ['pings only', (response) => stream(response, PING + PING)],
    ['58 cut before message_stop', (response) => stream(response, start() + textBlock(0, 'x') + delta('end_turn'))],
    ['58 no stop reason', (response) => stream(response, start() + textBlock(0, 'x') + STOP)],
    ['58 stop reason null', (response) => stream(response, start() + textBlock(0, 'x') + delta(null) + STOP)],
    [
      '61 malformed event data',
      (response) => stream(response, `${start()}event: content_block_delta\ndata: {"type":\n\n`),
    ],
    ['61 malformed first event', (response) => stream(response, 'event: message_start\ndata: nonsense\n\n')],
    [
      'a start without a message',
      (response) => stream(response, event({ type: 'message_start' }) + delta('end_turn') + STOP),
    ],
    ['a delta for no block', (response) => stream(response, `${start()}${event({ type: 'content_block_delta' })}`)],
    [
      '68 the model is another',
      (response) => stream(response, start({ model: 'claude-haiku-5-5' }) + delta('end_turn') + STOP),
    ],
    [
      '68 two messages',
      (response) =>
        stream(response, `${start() + textBlock(0, 'x')}${start({ id: 'msg_2' })}${delta('end_turn') + STOP}`),
    ],
    ['68 another call’s key', (response) => stream(response, whole, { headers: { 'idempotency-key': 'other' } })],
    ['not of the assistant', (response) => stream(response, start({ role: 'user' }) + delta('end_turn') + STOP)],
    ['no message id', (response) => stream(response, start({ id: '' }) + delta('end_turn') + STOP)],
    ['tool_use without a tool call', (response) => stream(response, answer(textBlock(0, 'x'), 'tool_use'))],
    ['tool input cut, yet tool_use', (response) => stream(response, answer(toolBlock(0, '{"path": "a'), 'tool_use'))],
    ['tool input that is no object', (response) => stream(response, answer(toolBlock(0, '[1]'), 'tool_use'))],
  ] as [string, Reply][])('%s → model.bad-response, counted, to be tried again', async (_name, reply) => {
    expect(await failureOf(reply)).toMatchObject({ type: 'model.bad-response', counts: true, retryable: true });
  });

  it.each([
    ['52 unknown stop reason', start() + textBlock(0, 'x') + delta('tired') + STOP],
    ['52 unknown content type', start() + other + delta('end_turn') + STOP],
  ])('%s → model.unexpected-response, not tried again', async (_name, body) => {
    expect(await failureOf((response) => stream(response, body))).toMatchObject({
      type: 'model.unexpected-response',
      retryable: false,
    });
  });

  it.each([
    ['60 overloaded', 'overloaded_error', { type: 'model.overloaded', counts: false, overload: true }],
    ['rate limit', 'rate_limit_error', { type: 'model.rate-limited', counts: false, overload: true }],
    ['inner fault', 'api_error', { type: 'model.server-error', counts: true }],
    ['a type of the future', 'moon_phase_error', { type: 'model.server-error', counts: true }],
  ])('%s inside the stream, without a status → by its type', async (_name, type, expected) => {
    const body = start() + textBlock(0, 'x') + event({ type: 'error', error: { type, message: 'm' } });
    expect(await failureOf((response) => stream(response, body))).toMatchObject({ ...expected, retryable: true });
  });

  it('64 more than the limit without end → refused, not gathered', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    const failed = await failureOf((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.on('error', () => undefined);
      const more = () => {
        while (!response.destroyed) if (!response.write(megabyte)) return void response.once('drain', more);
      };
      more();
    });
    expect(failed).toMatchObject({ type: 'model.bad-response', message: expect.stringMatching(/over \d+ bytes/) });
  });
});
