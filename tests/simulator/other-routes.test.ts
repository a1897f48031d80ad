/** Models, batches, rate limits and the request log of the simulator. */
import Anthropic from '@anthropic-ai/sdk';
import {
  apiError,
  rules,
  type Simulator,
  startSimulator,
  text,
  withLatency,
  withUsage,
} from '../../src/simulator/index.ts';
import { apiErrorOf, ask, clientOf, errorOf, MODEL } from './client.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('models', () => {
  it('list and retrieve → windows and capabilities; unknown id → 404', async () => {
    simulator = await startSimulator({ brain: () => text('ok') });
    const client = clientOf(simulator);
    const models = await collect(client.models.list({ limit: 5 }));
    expect(models.map((model) => model.id)).toEqual(
      expect.arrayContaining(['claude-haiku-5-5', 'claude-opus-5-5', 'claude-opus-4-5']),
    );
    const one = await client.models.retrieve(MODEL);
    expect(one).toMatchObject({
      id: MODEL,
      line: 'sonnet',
      lifecycle: 'active',
      capabilities: { structured_outputs: { supported: true } },
    });
    expect(one.max_input_tokens).toBeGreaterThan(100_000);
    expect(await apiErrorOf(client.models.retrieve('claude-none'))).toBeInstanceOf(Anthropic.NotFoundError);
    expect(await collect(client.models.list({ lifecycle: ['retired'] }))).toEqual([]);
  });
});

describe('batches', () => {
  const request = (id: string, content: string) => ({ custom_id: id, params: ask(content) });

  async function ended(client: Anthropic, id: string) {
    for (;;) {
      const batch = await client.messages.batches.retrieve(id);
      if (batch.processing_status === 'ended') return batch;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it('create → in progress → ended with a result each; errors stay with their request', async () => {
    let letEnd = () => {};
    const looked = new Promise<void>((resolve) => {
      letEnd = resolve;
    });
    simulator = await startSimulator({
      batchDelayMs: 20,
      async brain(req) {
        await looked;
        return req.prompt.requestText === 'fail' ? apiError(529) : text(`Answer to ${req.prompt.requestText}`);
      },
    });
    const client = clientOf(simulator);
    const invalid = { custom_id: 'c', params: { ...ask('x'), max_tokens: -1 } };
    const created = await client.messages.batches.create({
      requests: [request('a', 'one'), request('b', 'fail'), invalid],
    });
    expect(created).toMatchObject({
      processing_status: 'in_progress',
      request_counts: { processing: 3 },
      results_url: null,
    });
    expect(await apiErrorOf(client.messages.batches.delete(created.id))).toMatchObject({ status: 400 });
    letEnd();
    const batch = await ended(client, created.id);
    expect(batch.request_counts).toEqual({ processing: 0, succeeded: 1, errored: 2, canceled: 0, expired: 0 });
    const results = new Map(
      (await collect(await client.messages.batches.results(created.id))).map((one) => [one.custom_id, one.result]),
    );
    expect(results.get('a')).toMatchObject({
      type: 'succeeded',
      message: { content: [{ text: 'Answer to one' }], usage: { service_tier: 'batch' } },
    });
    expect(results.get('b')).toMatchObject({ type: 'errored', error: { error: { type: 'overloaded_error' } } });
    expect(results.get('c')).toMatchObject({ type: 'errored', error: { error: { type: 'invalid_request_error' } } });
    expect(simulator.requests.bill()).toMatchObject([{ key: 'a', batch: true, responses: 1 }]);
    await client.messages.batches.delete(created.id);
    expect(await apiErrorOf(client.messages.batches.retrieve(created.id))).toMatchObject({ status: 404 });
  });

  it('cancel → every request canceled; list → newest first, in pages; double custom_id → 400', async () => {
    simulator = await startSimulator({ batchDelayMs: 60_000, brain: () => text('ok') });
    const client = clientOf(simulator);
    const first = await client.messages.batches.create({ requests: [request('a', 'one')] });
    expect((await client.messages.batches.cancel(first.id)).processing_status).toBe('canceling');
    expect((await ended(client, first.id)).request_counts).toMatchObject({ canceled: 1, succeeded: 0 });
    const second = await client.messages.batches.create({ requests: [request('a', 'one')] });
    expect(await errorOf(client.messages.batches.results(second.id))).toBeInstanceOf(Anthropic.AnthropicError);
    expect((await collect(client.messages.batches.list({ limit: 1 }))).map((batch) => batch.id)).toEqual([
      second.id,
      first.id,
    ]);
    const twice = client.messages.batches.create({ requests: [request('a', 'one'), request('a', 'two')] });
    expect(await apiErrorOf(twice)).toMatchObject({ status: 400 });
  });
});

describe('rate limits', () => {
  it('more requests than a minute allows → 429 with retry-after; time passes → accepted', async () => {
    let now = 1_800_000_000_000;
    simulator = await startSimulator({ brain: () => text('ok'), limits: { requestsPerMinute: 2 }, now: () => now });
    const client = clientOf(simulator);
    const { response } = await client.messages.create(ask('Hi')).withResponse();
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('2');
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('1');
    await client.messages.create(ask('Hi'));
    const error = await apiErrorOf(client.messages.create(ask('Hi')));
    expect([error.status, error.headers?.get('retry-after')]).toEqual([429, '30']);
    await client.messages.create(ask('Hi', { model: 'claude-haiku-5-5' }));
    now += 30_000;
    await client.messages.create(ask('Hi'));
  });

  it('tokens spent → 429 until they are back', async () => {
    let now = 1_800_000_000_000;
    simulator = await startSimulator({
      brain: () => text('word '.repeat(100)),
      limits: { outputTokensPerMinute: 120 },
      now: () => now,
    });
    const client = clientOf(simulator);
    await client.messages.create(ask('Hi'));
    expect((await apiErrorOf(client.messages.create(ask('Hi')))).type).toBe('rate_limit_error');
    now += 60_000;
    await client.messages.create(ask('Hi'));
  });
});

describe('request log', () => {
  const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

  it('G4 counts by key, bill of fully sent responses only', async () => {
    simulator = await startSimulator({
      brain: rules([
        { when: (req) => req.key === 'a' && req.attempt === 1, reply: apiError(500) },
        { when: () => true, reply: withUsage({ input_tokens: 1_000, cache_read_input_tokens: 5 }, text('ok')) },
      ]),
    });
    const client = clientOf(simulator);
    await client.messages.create(ask('Hi'), keyed('a')).catch(() => undefined);
    await client.messages.create(ask('Hi'), keyed('a'));
    await client.messages.create(ask('Hi'), keyed('a'));
    await client.messages.stream(ask('Hi'), keyed('b')).finalMessage();
    expect(simulator.requests.countByKey()).toEqual(
      new Map([
        ['a', 3],
        ['b', 1],
      ]),
    );
    expect(simulator.requests.bill()).toMatchObject([
      { key: 'a', model: MODEL, responses: 2, usage: { inputTokens: 2_000, outputTokens: 2, cacheReadTokens: 10 } },
      { key: 'b', model: MODEL, responses: 1, usage: { inputTokens: 1_000 } },
    ]);
    expect(simulator.requests.list().map((entry) => [entry.outcome, entry.status])).toEqual([
      ['error', 500],
      ['sent', 200],
      ['sent', 200],
      ['sent', 200],
    ]);
  });

  it('capacity → list is bounded, counters are exact; reset → empty', async () => {
    simulator = await startSimulator({ brain: () => text('ok'), logCapacity: 3 });
    const client = clientOf(simulator);
    for (let count = 0; count < 8; count += 1) await client.messages.create(ask('Hi'), keyed(`key-${count % 2}`));
    expect(simulator.requests.list()).toHaveLength(3);
    expect(simulator.requests.total).toBe(8);
    expect(simulator.requests.countByKey()).toEqual(
      new Map([
        ['key-0', 4],
        ['key-1', 4],
      ]),
    );
    simulator.requests.reset();
    expect([simulator.requests.total, simulator.requests.bill()]).toEqual([0, []]);
  });

  it('requests at once → gauge goes up and back to zero', async () => {
    simulator = await startSimulator({ brain: () => withLatency(20, text('ok')) });
    const client = clientOf(simulator);
    await Promise.all(Array.from({ length: 12 }, () => client.messages.create(ask('Hi'))));
    while (simulator.requests.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(simulator.requests.peakInFlight).toBeGreaterThan(1);
    expect(simulator.requests.countByOutcome()).toEqual(new Map([['sent', 12]]));
  });

  it('latency by request → asked for each', async () => {
    const asked: string[] = [];
    const latencyMs = (request: { key: string }): number => {
      asked.push(request.key);
      return 1;
    };
    simulator = await startSimulator({ brain: () => text('ok'), latencyMs });
    await clientOf(simulator).messages.create(ask('Hi'), keyed('k'));
    expect(asked).toEqual(['k']);
  });
});
