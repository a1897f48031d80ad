/** The Messages API of the simulator, driven by the real SDK: JSON, streams, tools, structured output, limits. */
import type Anthropic from '@anthropic-ai/sdk';
import {
  type Brain,
  json,
  message,
  type Simulator,
  startSimulator,
  text,
  thinking,
  toolUse,
  toolUses,
} from '../../src/simulator/index.ts';
import { ask, clientOf, WEATHER } from './client.ts';

let simulator: Simulator;
let brain: Brain;

beforeAll(async () => {
  simulator = await startSimulator({ brain: (request) => brain(request) });
});
afterAll(() => simulator.close());

const firstText = (answer: Anthropic.Message): string =>
  answer.content[0]?.type === 'text' ? answer.content[0].text : '';

describe('messages', () => {
  it('json: text reply → message with id, usage and request id', async () => {
    brain = () => text('Hello there.');
    const { data, request_id, response } = await clientOf(simulator).messages.create(ask('Hi')).withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
      model: 'claude-sonnet-5-5',
    });
    expect(firstText(data)).toBe('Hello there.');
    expect(data.id).toMatch(/^msg_/);
    expect(request_id).toMatch(/^req_/);
    expect(data.usage).toMatchObject({
      input_tokens: 4,
      output_tokens: 4,
      cache_read_input_tokens: 0,
      service_tier: 'standard',
    });
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toMatch(/^\d+$/);
  });

  it('stream: events in the order of the API, deltas add up to the message', async () => {
    const long = 'Words of many kinds, with ümlauts and 漢字 and 🦜 birds. '.repeat(30);
    brain = () => thinking('Let me think about it.', long);
    const stream = clientOf(simulator).messages.stream(ask('Tell me'));
    const types: string[] = [];
    stream.on('streamEvent', (event) => types.push(event.type));
    const answer = await stream.finalMessage();
    expect(types[0]).toBe('message_start');
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    expect(types.filter((type) => type === 'content_block_delta').length).toBeGreaterThan(10);
    expect(answer.content.map((block) => block.type)).toEqual(['thinking', 'text']);
    expect(answer.content[1]).toMatchObject({ text: long });
    expect(answer.content[0]).toMatchObject({
      thinking: 'Let me think about it.',
      signature: expect.stringMatching(/./),
    });
    expect(answer.usage.output_tokens_details?.thinking_tokens).toBe(7);
    expect(answer.usage.output_tokens).toBeGreaterThan(400);
  });

  it('stream: a ping comes after message_start', async () => {
    brain = () => text('Hi.');
    const response = await clientOf(simulator)
      .messages.create({ ...ask('Hi'), stream: true })
      .asResponse();
    const body = await response.text();
    expect(body).toMatch(/^event: message_start\ndata: .*\n\nevent: ping\ndata: \{"type": "ping"\}\n\n/);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
  });

  it('tools: tool call → unique ids, input in split JSON deltas, stop reason tool_use', async () => {
    const city = 'Lisbon '.repeat(40).trim();
    brain = () =>
      toolUses([
        { name: 'get_weather', input: { city } },
        { name: 'get_weather', input: { city: 'Porto' } },
      ]);
    const stream = clientOf(simulator).messages.stream(ask('Weather?', { tools: [WEATHER] }));
    let deltas = 0;
    stream.on('inputJson', () => {
      deltas += 1;
    });
    const answer = await stream.finalMessage();
    const calls = answer.content.filter((block) => block.type === 'tool_use');
    expect(answer.stop_reason).toBe('tool_use');
    expect(calls.map((call) => call.input)).toEqual([{ city }, { city: 'Porto' }]);
    expect(new Set(calls.map((call) => call.id)).size).toBe(2);
    expect(deltas).toBeGreaterThan(4);
  });

  it('tools: result of a call → next turn sees it', async () => {
    brain = (request) => {
      const past = request.prompt.pastCalls[0];
      return past ? text(`It is ${past.result}.`) : toolUse('get_weather', { city: 'Lisbon' });
    };
    const client = clientOf(simulator);
    const first = await client.messages.create(ask('Weather?', { tools: [WEATHER] }));
    const call = first.content[0];
    if (call?.type !== 'tool_use') throw new Error('expected a tool call');
    const second = await client.messages.create({
      ...ask('Weather?', { tools: [WEATHER] }),
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }] },
      ],
    });
    expect(firstText(second)).toBe('It is sunny.');
  });

  it('structured output: json reply → parsed by the SDK', async () => {
    brain = () => json({ answer: 42 });
    const schema = {
      type: 'object',
      properties: { answer: { type: 'integer' } },
      required: ['answer'],
      additionalProperties: false,
    };
    const parsed = await clientOf(simulator).messages.parse(
      ask('6 × 7?', { output_config: { format: { type: 'json_schema', schema } } }),
    );
    expect(parsed.parsed_output).toEqual({ answer: 42 });
  });

  it('max_tokens: answer longer than the limit → cut text and stop reason max_tokens', async () => {
    brain = () => text('word '.repeat(500));
    const answer = await clientOf(simulator).messages.create(ask('Go on', { max_tokens: 10 }));
    expect(answer.stop_reason).toBe('max_tokens');
    expect(answer.usage.output_tokens).toBeLessThanOrEqual(10);
    expect(firstText(answer).length).toBeGreaterThan(20);
  });

  it('max_tokens: limit reached inside a tool call → empty input in JSON, broken JSON in a stream', async () => {
    brain = () => toolUse('get_weather', { city: 'x'.repeat(400) });
    const params = ask('Weather?', { tools: [WEATHER], max_tokens: 20 });
    const answer = await clientOf(simulator).messages.create(params);
    expect(answer).toMatchObject({ stop_reason: 'max_tokens', content: [{ type: 'tool_use', input: {} }] });
    const body = await (
      await clientOf(simulator)
        .messages.create({ ...params, stream: true })
        .asResponse()
    ).text();
    const partial = [...body.matchAll(/"partial_json":("(?:[^"\\]|\\.)*")/g)]
      .map((match) => JSON.parse(match[1] ?? '""') as string)
      .join('');
    expect(partial).toMatch(/^\{"city":"x+$/);
  });

  it('stop_sequences: text has one → ends before it', async () => {
    brain = () => text('one END two');
    const answer = await clientOf(simulator).messages.create(ask('Count', { stop_sequences: ['STOP', 'END'] }));
    expect(answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    expect(firstText(answer)).toBe('one ');
  });

  it('blocks: an unknown content type → reaches the client as it is', async () => {
    brain = () => message({ type: 'raw', block: { type: 'hologram', data: 'x' } });
    const answer = await clientOf(simulator).messages.stream(ask('Hi')).finalMessage();
    expect(answer.content[0]).toEqual({ type: 'hologram', data: 'x' });
  });

  it('request: header idempotency-key → key and attempt of the brain’s request', async () => {
    const seen: [string, number][] = [];
    brain = (request) => {
      seen.push([request.key, request.attempt]);
      return text('ok');
    };
    const headers = { 'idempotency-key': 'goal/task/0/1' };
    await clientOf(simulator).messages.create(ask('Hi'), { headers });
    await clientOf(simulator).messages.create(ask('Hi'), { headers });
    expect(seen).toEqual([
      ['goal/task/0/1', 1],
      ['goal/task/0/1', 2],
    ]);
  });

  it('no script error came up', () => {
    expect(() => simulator.assertNoScriptErrors()).not.toThrow();
  });
});
