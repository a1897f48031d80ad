/** Every fault of the simulator once, and how the real SDK meets it (bad-inputs 40–68). */
import Anthropic from '@anthropic-ai/sdk';
import {
  apiError,
  contextExceeded,
  cutStream,
  duplicateToolIds,
  errorMidStream,
  htmlPage,
  manyToolUses,
  overloaded,
  pauseTurn,
  rateLimited,
  refusal,
  resetStream,
  type SimulatedReply,
  type Simulator,
  spendLimit,
  stallAfterHeaders,
  stallMidStream,
  startSimulator,
  text,
  truncatedBody,
  truncatedText,
  truncatedToolUse,
  unknownStopReason,
  withDistortion,
  withFault,
  withLatency,
  withoutUsage,
  withWrongUsage,
} from '../../src/simulator/index.ts';
import { apiErrorOf, ask, clientOf, errorOf, WEATHER } from './client.ts';

let simulator: Simulator;
let reply: SimulatedReply = text('ok');

beforeAll(async () => {
  simulator = await startSimulator({ brain: () => reply });
});
afterAll(() => simulator.close());

const WORDS = text('Some words that make a stream of several events. '.repeat(20));
const create = (signal?: AbortSignal) => clientOf(simulator).messages.create(ask('Hi'), { signal });
const stream = (signal?: AbortSignal) =>
  clientOf(simulator)
    .messages.stream(ask('Hi', { tools: [WEATHER] }), { signal })
    .finalMessage();

/** Runs a call that will never end, sees that it has begun, and gives it up. */
async function giveUp(call: (signal: AbortSignal) => Promise<unknown>, until: () => boolean): Promise<Error> {
  const abort = new AbortController();
  const error = errorOf(call(abort.signal));
  while (!until()) await new Promise((resolve) => setTimeout(resolve, 5));
  abort.abort();
  while (simulator.requests.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return error;
}

describe('error replies', () => {
  it.each([400, 401, 402, 403, 404, 413, 429, 500, 504, 529])(
    'status %i → the SDK’s error with type and request id',
    async (status) => {
      reply = apiError(status);
      const error = await apiErrorOf(stream());
      expect(error.status).toBe(status);
      expect(error.requestID).toMatch(/^req_/);
      expect(error.type).toBe((reply as { type: string }).type);
      expect(error.error).toMatchObject({ type: 'error', request_id: error.requestID });
    },
  );

  it.each(['3', '0', '-5', '86400', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT'])(
    '429 with retry-after %s → header as sent',
    async (value) => {
      reply = rateLimited(value);
      const error = await apiErrorOf(create());
      expect(error).toBeInstanceOf(Anthropic.RateLimitError);
      expect(error.headers?.get('retry-after')).toBe(value);
    },
  );

  it('429 without retry-after → no header; 529 → overloaded; 500 → x-should-retry', async () => {
    reply = rateLimited();
    expect((await apiErrorOf(create())).headers?.get('retry-after')).toBeNull();
    reply = overloaded();
    expect(await apiErrorOf(create())).toMatchObject({ status: 529, type: 'overloaded_error' });
    reply = apiError(500, { headers: { 'x-should-retry': 'false' } });
    expect((await apiErrorOf(create())).headers?.get('x-should-retry')).toBe('false');
  });

  it('spend limit → error code in the details', async () => {
    reply = spendLimit();
    const error = await apiErrorOf(create());
    expect(error).toMatchObject({ status: 429, errorCode: 'enforced_spend_limit_reached' });
    reply = apiError(402, { code: 'linked_organization_spend_limit_reached' });
    expect(await apiErrorOf(create())).toMatchObject({
      status: 402,
      errorCode: 'linked_organization_spend_limit_reached',
    });
  });

  it('page instead of JSON → 200 resolves as a string, 502 is an error', async () => {
    reply = htmlPage(200);
    expect(typeof (await create())).toBe('string');
    reply = htmlPage(502);
    expect(await apiErrorOf(create())).toMatchObject({ status: 502 });
  });
});

describe('broken bodies', () => {
  it('JSON cut → syntax error', async () => {
    reply = truncatedBody(WORDS);
    expect((await errorOf(create())).name).toBe('SyntaxError');
  });

  it.each([
    ['cut before message_stop', cutStream(WORDS)],
    ['cut after one event', cutStream(WORDS, 1)],
    ['cut inside an event', truncatedBody(WORDS)],
  ])('stream %s → rejected, never a whole message', async (_case, broken) => {
    reply = broken;
    expect(await errorOf(stream())).not.toMatchObject({ status: expect.anything() });
  });

  it('stream reset → connection error', async () => {
    reply = resetStream(WORDS);
    expect(String((await errorOf(stream())).cause ?? (await errorOf(stream())).message)).toMatch(
      /terminated|ECONNRESET|closed/i,
    );
    await expect(create()).rejects.toThrow();
  });

  it('event: error in the stream → APIError without a status, with a type', async () => {
    reply = errorMidStream(WORDS);
    const error = await apiErrorOf(stream());
    expect(error.status).toBeUndefined();
    expect(error.type).toBe('overloaded_error');
  });

  it('malformed event → rejected; second message_start → rejected', async () => {
    reply = withFault({ kind: 'malformed-event' }, WORDS);
    await expect(stream()).rejects.toThrow(/JSON/);
    reply = withFault({ kind: 'second-start' }, WORDS);
    await expect(stream()).rejects.toThrow(/Unexpected event order/);
  });

  it('characters split over chunks, slow bytes → whole message', async () => {
    reply = withFault({ kind: 'split-utf8' }, text('ümläut 漢字 🦜'));
    expect((await stream()).content[0]).toMatchObject({ text: 'ümläut 漢字 🦜' });
    expect((await create()).content[0]).toMatchObject({ text: 'ümläut 漢字 🦜' });
    reply = withFault({ kind: 'slow', bytesPerSecond: 20_000 }, text('slow'));
    expect((await stream()).content[0]).toMatchObject({ text: 'slow' });
  });

  it('flood → text without end, up to the bytes asked for', async () => {
    reply = withFault({ kind: 'flood', bytes: 300_000 }, WORDS);
    let received = 0;
    const events = clientOf(simulator)
      .messages.stream(ask('Hi'))
      .on('text', (delta) => {
        received += delta.length;
      });
    await errorOf(events.finalMessage());
    expect(received).toBeGreaterThan(290_000);
  });

  it('fault of streams in a JSON reply → script error, not a silent success', async () => {
    const own = await startSimulator({ brain: () => errorMidStream(WORDS) });
    await expect(clientOf(own).messages.create(ask('Hi'))).rejects.toMatchObject({ status: 500 });
    expect(() => own.assertNoScriptErrors()).toThrow(/needs a streamed request/);
    await own.close();
  });
});

describe('stalls', () => {
  const inFlight = (): boolean => simulator.requests.inFlight > 0;

  it.each([
    ['after the headers', stallAfterHeaders(WORDS)],
    ['in the middle', stallMidStream(WORDS)],
    ['in the middle, with pings', stallMidStream(WORDS, 5)],
  ])('stall %s → nothing more comes until the client gives up', async (_case, stalled) => {
    reply = stalled;
    expect(String(await giveUp((signal) => stream(signal), inFlight))).toMatch(/abort/i);
    await giveUp((signal) => create(signal), inFlight);
  });

  it('client leaves during the latency → aborted, not billed', async () => {
    reply = withLatency(60_000, text('late'));
    const before = simulator.requests.countByOutcome().get('aborted') ?? 0;
    await giveUp((signal) => create(signal), inFlight);
    expect(simulator.requests.countByOutcome().get('aborted')).toBe(before + 1);
  });

  it('stall for a while → goes on and ends', async () => {
    reply = withFault({ kind: 'stall', forMs: 30 }, WORDS);
    expect((await stream()).stop_reason).toBe('end_turn');
    expect((await create()).stop_reason).toBe('end_turn');
  });

  it('close → ends stalled connections', async () => {
    const own = await startSimulator({ brain: () => stallMidStream(WORDS) });
    const error = errorOf(clientOf(own).messages.stream(ask('Hi')).finalMessage());
    while (own.requests.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await own.close();
    expect(await error).toBeInstanceOf(Error);
  });
});

describe('odd answers', () => {
  it('refusal → no content, details', async () => {
    reply = refusal('It would do harm.', 'cyber');
    const details = { type: 'refusal', category: 'cyber', explanation: 'It would do harm.' };
    expect(await stream()).toMatchObject({ stop_reason: 'refusal', content: [], stop_details: details });
    expect(await create()).toMatchObject({ stop_reason: 'refusal', content: [], stop_details: details });
  });

  it.each([
    ['max_tokens', truncatedText('half of')],
    ['pause_turn', pauseTurn('half of')],
    ['model_context_window_exceeded', contextExceeded('half of')],
    ['meditation', unknownStopReason('half of', 'meditation')],
  ])('stop reason %s → as scripted', async (stopReason, answer) => {
    reply = answer;
    expect((await create()).stop_reason).toBe(stopReason);
    expect((await stream()).stop_reason).toBe(stopReason);
  });

  it('max_tokens inside a tool call → empty input in JSON', async () => {
    reply = truncatedToolUse('get_weather', { city: 'Lisbon' });
    expect(await create()).toMatchObject({ stop_reason: 'max_tokens', content: [{ type: 'tool_use', input: {} }] });
  });

  it('50 tool calls, two with the same id → as scripted', async () => {
    reply = manyToolUses(50, 'get_weather', (index) => ({ city: `City ${index}` }));
    const calls = (await stream()).content;
    expect(calls).toHaveLength(50);
    expect(calls[49]).toMatchObject({ input: { city: 'City 49' } });
    reply = duplicateToolIds('get_weather', {});
    const ids = (await stream()).content.map((block) => ('id' in block ? block.id : ''));
    expect(ids[0]).toBe(ids[1]);
  });

  it('usage missing, negative, infinite, NaN → on the wire; the bill keeps the true figures', async () => {
    const key = { headers: { 'idempotency-key': 'odd-usage' } };
    const client = clientOf(simulator);
    reply = withoutUsage(text('ok'));
    expect((await client.messages.create(ask('Hi'), key)).usage).toBeUndefined();
    const wrong = { input_tokens: -5, output_tokens: Number.POSITIVE_INFINITY, cache_read_input_tokens: Number.NaN };
    reply = withWrongUsage(wrong, text('ok'));
    const expected = { input_tokens: -5, output_tokens: Number.POSITIVE_INFINITY };
    expect((await client.messages.create(ask('Hi'), key)).usage).toMatchObject({
      ...expected,
      cache_read_input_tokens: null,
    });
    expect((await client.messages.stream(ask('Hi'), key).finalMessage()).usage).toMatchObject(expected);
    const line = simulator.requests.bill().find((one) => one.key === 'odd-usage');
    expect(line).toMatchObject({ responses: 3, usage: { inputTokens: 12, outputTokens: 3 } });
  });

  it('wrong ids → as scripted', async () => {
    reply = withDistortion({ messageId: 'msg_other', requestId: 'req_other' }, text('ok'));
    const { data, request_id } = await clientOf(simulator).messages.create(ask('Hi')).withResponse();
    expect([data.id, request_id]).toEqual(['msg_other', 'req_other']);
  });
});
