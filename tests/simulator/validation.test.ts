/** What the simulator refuses, as the API does: status, error type and message. */
import Anthropic from '@anthropic-ai/sdk';
import { type Simulator, startSimulator, text } from '../../src/simulator/index.ts';
import { apiErrorOf, ask, clientOf, MODEL, WEATHER } from './client.ts';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({
    brain: (request) =>
      request.prompt.requestText === 'pause' ? { ...text('half'), stopReason: 'pause_turn' } : text('ok'),
    validKeys: ['test-key'],
    models: { [MODEL]: { maxInputTokens: 2_000, maxTokens: 10_000 } },
  });
});
afterAll(() => simulator.close());

type Body = Record<string, unknown>;

/** Sends any body, valid or not, through the SDK. */
const send = (body: Body): Promise<Anthropic.Message> =>
  clientOf(simulator).messages.create(body as unknown as Anthropic.MessageCreateParamsNonStreaming);

const base: Body = { model: MODEL, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] };
const call = (id: string) => ({ type: 'tool_use', id, name: 'get_weather', input: {} });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
const withMessages = (...messages: unknown[]): Body => ({ ...base, tools: [WEATHER], messages });
const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const marked = (ttl?: string) => ({
  type: 'text',
  text: 'x',
  cache_control: { type: 'ephemeral', ...(ttl ? { ttl } : {}) },
});
const format = (schema: unknown): Body => ({ ...base, output_config: { format: { type: 'json_schema', schema } } });

const refused: [string, Body, number, string][] = [
  ['max_tokens missing', { ...base, max_tokens: undefined }, 400, 'max_tokens: Field required'],
  ['max_tokens over the model’s', { ...base, max_tokens: 10_001 }, 400, '10001 > 10000'],
  ['model missing', { ...base, model: undefined }, 400, 'model: Field required'],
  ['model unknown', { ...base, model: 'claude-none' }, 404, 'model: claude-none'],
  ['unknown field', { ...base, temperature: 1 }, 400, 'temperature: Extra inputs are not permitted'],
  ['messages empty', { ...base, messages: [] }, 400, 'at least one message is required'],
  ['first message of the assistant', withMessages(assistant('Hi')), 400, 'first message must use the "user" role'],
  ['unknown role', withMessages({ role: 'robot', content: 'Hi' }), 400, "should be 'user', 'assistant' or 'system'"],
  ['empty content', withMessages(user('')), 400, 'non-empty content'],
  ['blank text', withMessages(user([{ type: 'text', text: '  ' }])), 400, 'non-whitespace'],
  [
    'unknown field in a block',
    withMessages(user([{ type: 'text', text: 'x', parsed: 1 }])),
    400,
    'messages.0.content.0.text.parsed: Extra inputs',
  ],
  ['tool_use of the user', withMessages(user([call('a')])), 400, "Input tag 'tool_use'"],
  ['tool_result without a call', withMessages(user([result('a')])), 400, 'unexpected `tool_use_id`'],
  [
    'call without a result',
    withMessages(user('Hi'), assistant([call('a')]), user('And?')),
    400,
    '`tool_use` ids were found without `tool_result`',
  ],
  [
    'result after a text',
    withMessages(user('Hi'), assistant([call('a')]), user([{ type: 'text', text: 'x' }, result('a')])),
    400,
    '`tool_use` ids were found without',
  ],
  [
    'one of two results missing',
    withMessages(user('Hi'), assistant([call('a'), call('b')]), user([result('a')])),
    400,
    'immediately after: b',
  ],
  [
    'two results of one call',
    withMessages(user('Hi'), assistant([call('a')]), user([result('a'), result('a')])),
    400,
    'single result',
  ],
  [
    'same call id twice',
    withMessages(user('Hi'), assistant([call('a'), call('a')]), user([result('a')])),
    400,
    'ids must be unique',
  ],
  [
    'tool blocks without tools',
    { ...withMessages(user('Hi'), assistant([call('a')]), user([result('a')])), tools: undefined },
    400,
    'must define tools',
  ],
  ['prefill', withMessages(user('Hi'), assistant('The answer is')), 400, 'does not support assistant message prefill'],
  ['tool_choice without tools', { ...base, tool_choice: { type: 'any' } }, 400, 'while providing tools'],
  [
    'tool_choice of no tool',
    { ...base, tools: [WEATHER], tool_choice: { type: 'tool', name: 'other' } },
    400,
    "Tool 'other' not found",
  ],
  ['same tool twice', { ...base, tools: [WEATHER, WEATHER] }, 400, 'Tool names must be unique'],
  ['tool without a schema', { ...base, tools: [{ name: 'x' }] }, 400, 'tools.0.custom.input_schema: Field required'],
  [
    'open object in a format',
    format({ type: 'object', properties: {} }),
    400,
    "'additionalProperties' must be explicitly set to false",
  ],
  [
    'number limits in a format',
    format({ type: 'object', additionalProperties: false, properties: { n: { type: 'integer', minimum: 1 } } }),
    400,
    'properties minimum are not supported',
  ],
  ['unknown effort', { ...base, output_config: { effort: 'huge' } }, 400, 'output_config.effort'],
  [
    'thinking budget too small',
    { ...base, thinking: { type: 'enabled', budget_tokens: 10 } },
    400,
    'greater than or equal to 1024',
  ],
  [
    'five cache breakpoints',
    withMessages(user([marked(), marked(), marked(), marked(), marked()])),
    400,
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    '1h breakpoint after a 5m one',
    withMessages(user([marked('5m'), marked('1h')])),
    400,
    "a ttl='1h' cache_control block must not come after",
  ],
  ['unknown ttl', withMessages(user([marked('2h')])), 400, "Input should be '5m' or '1h'"],
  [
    'empty system block',
    { ...base, system: [{ type: 'text', text: '' }] },
    400,
    'system: text content blocks must be non-empty',
  ],
  ['prompt over the window', withMessages(user('word '.repeat(2_000))), 400, 'prompt is too long'],
];

describe('validation', () => {
  it.each(refused)('request: %s → refused', async (...[, body, status, message]) => {
    const error = await apiErrorOf(send(body));
    expect(error.status).toBe(status);
    expect(error.type).toBe(status === 404 ? 'not_found_error' : 'invalid_request_error');
    expect(error.apiMessage).toContain(message);
    expect(error.requestID).toMatch(/^req_/);
  });

  it('key: missing, wrong, as x-api-key → 401, 401, accepted', async () => {
    const url = `${simulator.url}/v1/messages`;
    const post = (headers: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        body: JSON.stringify(base),
        headers: { 'anthropic-version': '2026-10-21', ...headers },
      });
    expect((await post({})).status).toBe(401);
    expect((await post({ 'x-api-key': 'test-key' })).status).toBe(200);
    const error = await apiErrorOf(clientOf(simulator, 'wrong').messages.create(ask('Hi')));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error.type).toBe('authentication_error');
  });

  it('version header: missing → 400; body: no JSON → 400; unknown path → 404; wrong method → 405', async () => {
    const headers = { 'x-api-key': 'test-key', 'anthropic-version': '2026-10-21' };
    const url = `${simulator.url}/v1/messages`;
    const bare = await fetch(url, { method: 'POST', body: JSON.stringify(base), headers: { 'x-api-key': 'test-key' } });
    expect([bare.status, await bare.json()]).toMatchObject([
      400,
      { error: { message: 'anthropic-version: header is required' } },
    ]);
    expect((await fetch(url, { method: 'POST', body: '{', headers })).status).toBe(400);
    expect((await fetch(`${simulator.url}/v1/none`, { headers })).status).toBe(404);
    expect((await fetch(url, { headers })).status).toBe(405);
  });

  it('body: over 32 MB → 413', async () => {
    const error = await apiErrorOf(send({ ...base, system: 'x'.repeat(33 * 1024 * 1024) }));
    expect(error).toBeInstanceOf(Anthropic.ContentTooLargeError);
  });

  it('pause_turn: answer sent back as it is → accepted, though it ends with the assistant', async () => {
    const first = await send({ ...base, messages: [user('pause')] });
    expect(first.stop_reason).toBe('pause_turn');
    const second = await send(withMessages(user('go on'), assistant(first.content)));
    expect(second.stop_reason).toBe('end_turn');
  });

  it('conversation: calls answered, system turn in the middle → accepted', async () => {
    const answer = await send(
      withMessages(
        user('Hi'),
        assistant([call('a'), call('b')]),
        user([result('b'), result('a'), { type: 'text', text: 'go on' }]),
        { role: 'system', content: 'Be brief.' },
        user('Well?'),
      ),
    );
    expect(answer.stop_reason).toBe('end_turn');
  });
});
