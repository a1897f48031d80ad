/** Checks a request body as the Messages API does, in its order and words; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { type ApiProblem, invalid, notFound } from '../api-error.ts';
import { type PromptBlock, promptTokens } from '../messages/prompt-blocks.ts';
import type { ModelSize } from '../models.ts';
import { textBlockProblem } from './blocks.ts';
import { messagesProblem } from './messages.ts';
import { cacheControlProblem, type Fields, firstProblem, isObject, unknownField } from './shape.ts';
import { steeringProblem } from './tools.ts';

type HeaderParams = 'user_profile_id' | 'workspace_id';

const CREATE: Record<Exclude<keyof Anthropic.MessageCreateParams, HeaderParams>, true> = {
  model: true,
  max_tokens: true,
  messages: true,
  cache_control: true,
  container: true,
  diagnostics: true,
  inference_geo: true,
  metadata: true,
  output_config: true,
  service_tier: true,
  speed: true,
  stop_sequences: true,
  stream: true,
  system: true,
  thinking: true,
  tool_choice: true,
  tools: true,
};
const COUNT: Record<Exclude<keyof Anthropic.MessageCountTokensParams, HeaderParams>, true> = {
  model: true,
  messages: true,
  cache_control: true,
  output_config: true,
  speed: true,
  system: true,
  thinking: true,
  tool_choice: true,
  tools: true,
};
const MAX_BREAKPOINTS = 4;

/** What validation needs to know beside the body. */
export interface RequestRules {
  readonly models: Readonly<Record<string, ModelSize>>;
  /** Whether a text was the end of a `pause_turn` answer, so that it may be sent back as it is. */
  readonly isPaused: (text: string) => boolean;
}

function maxTokensProblem(body: Fields, models: RequestRules['models']): ApiProblem | undefined {
  const maxTokens = body.max_tokens;
  if (maxTokens === undefined) return invalid('max_tokens: Field required');
  if (typeof maxTokens !== 'number' || !Number.isInteger(maxTokens)) {
    return invalid('max_tokens: Input should be a valid integer');
  }
  if (maxTokens < 0) return invalid('max_tokens: Input should be greater than or equal to 0');
  const limit = models[String(body.model)]?.maxTokens ?? Number.POSITIVE_INFINITY;
  return maxTokens > limit
    ? invalid(
        `max_tokens: ${maxTokens} > ${limit}, which is the maximum allowed number of output tokens for ${String(body.model)}`,
      )
    : undefined;
}

function systemProblem(system: unknown): ApiProblem | undefined {
  if (system === undefined || typeof system === 'string') return undefined;
  if (!Array.isArray(system)) return invalid('system: Input should be a valid string or list');
  return firstProblem(
    system.map((block, index) => {
      const path = `system.${index}`;
      if (!isObject(block) || block.type !== 'text') {
        return invalid(`${path}: Input tag does not match any of the expected tags: 'text'`);
      }
      return cacheControlProblem(block.cache_control, `${path}.text.cache_control`) ?? textBlockProblem(block, path);
    }),
  );
}

function scalarProblem(body: Fields): ApiProblem | undefined {
  const { stream, stop_sequences: stops, metadata } = body;
  if (stream !== undefined && typeof stream !== 'boolean') return invalid('stream: Input should be a valid boolean');
  if (stops !== undefined && !(Array.isArray(stops) && stops.every((stop) => typeof stop === 'string'))) {
    return invalid('stop_sequences: Input should be a valid list');
  }
  if (Array.isArray(stops) && stops.some((stop) => String(stop).trim() === '')) {
    return invalid('stop_sequences: each stop sequence must contain non-whitespace');
  }
  if (metadata !== undefined && !isObject(metadata)) return invalid('metadata: Input should be a valid dictionary');
  return cacheControlProblem(body.cache_control, 'cache_control');
}

function bodyProblem(body: unknown, rules: RequestRules, kind: 'create' | 'count'): ApiProblem | undefined {
  if (!isObject(body)) return invalid('Input should be a valid dictionary');
  if (body.model === undefined) return invalid('model: Field required');
  if (typeof body.model !== 'string') return invalid('model: Input should be a valid string');
  return (
    (kind === 'create' ? maxTokensProblem(body, rules.models) : undefined) ??
    unknownField(body, kind === 'create' ? CREATE : COUNT, '') ??
    scalarProblem(body) ??
    systemProblem(body.system) ??
    messagesProblem(body.messages, rules.isPaused) ??
    steeringProblem(body) ??
    (Object.hasOwn(rules.models, body.model) ? undefined : notFound(`model: ${body.model}`))
  );
}

/** Checks the body of `POST /v1/messages`. */
export const createProblem = (body: unknown, rules: RequestRules): ApiProblem | undefined =>
  bodyProblem(body, rules, 'create');

/** Checks the body of `POST /v1/messages/count_tokens`. */
export const countProblem = (body: unknown, rules: RequestRules): ApiProblem | undefined =>
  bodyProblem(body, rules, 'count');

/** Checks that hold for the prompt as a whole: breakpoints and the context window. */
export function promptProblem(blocks: readonly PromptBlock[], size: ModelSize | undefined): ApiProblem | undefined {
  const marked = blocks.filter((block) => block.ttl !== undefined);
  if (marked.length > MAX_BREAKPOINTS) {
    return invalid(
      `A maximum of ${MAX_BREAKPOINTS} blocks with cache_control may be provided. Found ${marked.length}.`,
    );
  }
  const firstShort = marked.findIndex((block) => block.ttl === '5m');
  const late = marked.find((block, at) => block.ttl === '1h' && firstShort >= 0 && at > firstShort);
  if (late) {
    return invalid(
      `${late.path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control ` +
        'block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
    );
  }
  const tokens = promptTokens(blocks);
  const limit = size?.maxInputTokens ?? Number.POSITIVE_INFINITY;
  return tokens > limit ? invalid(`prompt is too long: ${tokens} tokens > ${limit} maximum`) : undefined;
}
