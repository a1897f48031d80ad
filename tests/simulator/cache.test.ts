/** Prompt caching of the simulator: prefix matching, lifetimes, figures in the usage; token counting agrees with it. */
import type Anthropic from '@anthropic-ai/sdk';
import { apiError, type Brain, type Simulator, startSimulator, text } from '../../src/simulator/index.ts';
import { ask, clientOf, WEATHER } from './client.ts';

const LONG = 'A sentence about the goal at hand. '.repeat(150);
let simulator: Simulator;
let now = 1_800_000_000_000;
let brain: Brain = () => text('ok');

beforeEach(async () => {
  brain = () => text('ok');
  simulator = await startSimulator({ brain: (request) => brain(request), now: () => now });
});
afterEach(() => simulator.close());

type Params = Anthropic.MessageCreateParamsNonStreaming;

const shared = (ttl: '5m' | '1h' = '5m'): Anthropic.TextBlockParam => ({
  type: 'text',
  text: LONG,
  cache_control: { type: 'ephemeral', ttl },
});
const usageOf = async (params: Params): Promise<Anthropic.Usage> =>
  (await clientOf(simulator).messages.create(params)).usage;
const total = (usage: Anthropic.Usage): number =>
  usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);

describe('prompt cache', () => {
  it('same prefix twice → written, then read; the rest stays uncached', async () => {
    const first = await usageOf(ask('One', { system: [shared()] }));
    const second = await usageOf(ask('Another question', { system: [shared(), { type: 'text', text: 'Role.' }] }));
    expect(first.cache_creation_input_tokens).toBe(1_459);
    expect(first.cache_creation).toEqual({ ephemeral_5m_input_tokens: 1_459, ephemeral_1h_input_tokens: 0 });
    expect(first.cache_read_input_tokens).toBe(0);
    expect(second).toMatchObject({ cache_read_input_tokens: 1_459, cache_creation_input_tokens: 0 });
    expect(second.input_tokens).toBeLessThan(20);
  });

  it.each<[string, Partial<Params>]>([
    ['another model', { model: 'claude-haiku-5-5' }],
    ['another text', { system: [{ ...shared(), text: `${LONG}!` }] }],
    ['a tool before it', { tools: [WEATHER] }],
    [
      'another output format',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object', additionalProperties: false } } } },
    ],
  ])('prefix differs by %s → nothing is read', async (_case, change) => {
    await usageOf(ask('One', { system: [shared()] }));
    const usage = await usageOf(ask('One', { system: [shared()], ...change }));
    expect(usage.cache_read_input_tokens).toBe(0);
    expect(usage.cache_creation_input_tokens).toBeGreaterThan(1_024);
  });

  it('tool_choice differs → the system prefix is read, cached messages are not', async () => {
    const params = ask(LONG, { system: [shared()], tools: [WEATHER], cache_control: { type: 'ephemeral' } });
    const first = await usageOf(params);
    const second = await usageOf({ ...params, tool_choice: { type: 'none' } });
    expect(first.cache_creation_input_tokens).toBe(total(first));
    expect(second.cache_read_input_tokens).toBeGreaterThan(1_459);
    expect(second.cache_creation_input_tokens).toBe(1_459 + 3);
  });

  it('prefix under the minimum → not cached, no error', async () => {
    const usage = await usageOf(ask('One', { system: [{ ...shared(), text: 'short' }] }));
    expect(usage).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 });
    expect(usage.input_tokens).toBeGreaterThan(0);
  });

  it('5 minutes without use → gone; each use renews; 1 hour lasts longer', async () => {
    const five = ask('One', { system: [shared('5m')] });
    const hour = ask('One', { model: 'claude-opus-5-5', system: [shared('1h')] });
    await usageOf(five);
    expect((await usageOf(hour)).cache_creation).toEqual({
      ephemeral_5m_input_tokens: 0,
      ephemeral_1h_input_tokens: 1_459,
    });
    now += 240_000;
    expect((await usageOf(five)).cache_read_input_tokens).toBe(1_459);
    now += 240_000;
    expect((await usageOf(five)).cache_read_input_tokens).toBe(1_459);
    now += 301_000;
    expect((await usageOf(five)).cache_read_input_tokens).toBe(0);
    expect((await usageOf(hour)).cache_read_input_tokens).toBe(1_459);
    now += 3_601_000;
    expect((await usageOf(hour)).cache_read_input_tokens).toBe(0);
  });

  it('growing conversation with a moving breakpoint → earlier turns are read', async () => {
    const turn = (count: number): Params => ({
      ...ask('x'),
      cache_control: { type: 'ephemeral' },
      messages: Array.from({ length: count }, (_unused, at) => ({
        role: at % 2 === 0 ? 'user' : 'assistant',
        content: `${at} ${LONG}`,
      })),
    });
    const first = await usageOf(turn(1));
    const second = await usageOf(turn(3));
    expect(second.cache_read_input_tokens).toBe(total(first));
    expect(second.cache_creation_input_tokens).toBe(total(second) - total(first));
  });

  it('answer is an error → nothing is written', async () => {
    brain = () => apiError(529);
    await clientOf(simulator)
      .messages.create(ask('One', { system: [shared()] }))
      .catch(() => undefined);
    brain = () => text('ok');
    expect((await usageOf(ask('One', { system: [shared()] }))).cache_read_input_tokens).toBe(0);
  });

  it('count_tokens → what input, cache read and cache write of the request add up to', async () => {
    const params = ask('How many?', { system: [shared()], tools: [WEATHER] });
    const { max_tokens: _unused, ...prompt } = params;
    const counted = await clientOf(simulator).messages.countTokens(prompt);
    expect(counted.input_tokens).toBe(total(await usageOf(params)));
    expect(counted.input_tokens).toBeGreaterThan(1_700);
    await expect(clientOf(simulator).messages.countTokens({ ...prompt, model: 'none' })).rejects.toMatchObject({
      status: 404,
    });
  });
});
