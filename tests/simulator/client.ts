/** The real SDK against a simulator, and small request makers; test side. */
import Anthropic from '@anthropic-ai/sdk';
import type { Simulator } from '../../src/simulator/index.ts';

export const MODEL = 'claude-sonnet-5-5';

/** A client that never retries and never logs. */
export function clientOf(simulator: Simulator, apiKey = 'test-key'): Anthropic {
  return new Anthropic({ baseURL: simulator.url, apiKey, maxRetries: 0, logLevel: 'off' });
}

/** The smallest valid request. */
export function ask(
  content: string,
  more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {},
): Anthropic.MessageCreateParamsNonStreaming {
  return { model: MODEL, max_tokens: 8_000, messages: [{ role: 'user', content }], ...more };
}

export const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Tells the weather.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** The error a promise rejects with, of whatever realm; throws when it resolves. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a rejection');
}

/** Like `errorOf`, for errors of the API. */
export async function apiErrorOf(promise: Promise<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> {
  const error = await errorOf(promise);
  if (error instanceof Anthropic.APIError) return error;
  throw error;
}
