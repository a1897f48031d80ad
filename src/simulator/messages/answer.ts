/** From a request body to a reply: checks, cache, brain; shared by single requests and batches. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import { type ApiProblem, invalid } from '../api-error.ts';
import type { Context } from '../context.ts';
import type { ErrorReply, MessageReply, RawReply, SimulatedRequest } from '../contract.ts';
import { parsePrompt, purposeOf } from '../parse-prompt.ts';
import { type RequestEntry, usageOf } from '../request-log.ts';
import { createProblem, promptProblem } from '../validate/request.ts';
import { type BuiltMessage, buildMessage } from './build-message.ts';
import { promptBlocks, promptTokens } from './prompt-blocks.ts';
import type { CacheUse } from './prompt-cache.ts';

/** What came of a request. `message.begin` books cache writes and tokens: call it when the response starts. */
export type Answer =
  | { readonly kind: 'problem'; readonly problem: ApiProblem }
  | { readonly kind: 'reply'; readonly request: SimulatedRequest; readonly reply: ErrorReply | RawReply }
  | {
      readonly kind: 'message';
      readonly request: SimulatedRequest;
      readonly reply: MessageReply;
      readonly built: BuiltMessage;
      readonly begin: () => void;
    };

interface Incoming {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly entry: RequestEntry;
}

function toRequest(params: Anthropic.MessageCreateParams, incoming: Incoming, inputTokens: number): SimulatedRequest {
  const { entry, headers } = incoming;
  let prompt: ReturnType<typeof parsePrompt> | undefined;
  return {
    id: entry.id,
    key: entry.key,
    attempt: entry.attempt,
    headers,
    params,
    purpose: entry.purpose,
    inputTokens,
    get prompt() {
      prompt ??= parsePrompt(params);
      return prompt;
    },
  };
}

function begin(
  context: Context,
  entry: RequestEntry,
  { cache, built }: { cache: CacheUse; built: BuiltMessage },
): void {
  const { message } = built;
  cache.commit();
  entry.usage = usageOf(message.usage);
  context.limiter.spendTokens(entry.model, { input: cache.uncached, output: message.usage.output_tokens });
  if (message.stop_reason !== 'pause_turn') return;
  context.rememberPause(message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''));
}

/** Checks a request and asks the brain. Rejects when the brain throws. Fills in the entry's purpose and model. */
export async function answerRequest(context: Context, incoming: Incoming): Promise<Answer> {
  const { body, entry } = incoming;
  const problem = createProblem(body, context.rules);
  if (problem) return { kind: 'problem', problem };
  const params = body as Anthropic.MessageCreateParams;
  entry.model = params.model;
  entry.purpose = purposeOf(params);
  const blocks = promptBlocks(params);
  const whole = promptProblem(blocks, context.models[params.model]);
  if (whole) return { kind: 'problem', problem: whole };
  if (entry.batch && params.stream)
    return { kind: 'problem', problem: invalid('stream: Streaming is not supported in batches') };
  const request = toRequest(params, incoming, promptTokens(blocks));
  const reply = await context.brain(request);
  if (reply.kind !== 'message') return { kind: 'reply', request, reply };
  const cache = context.cache.look(params.model, blocks);
  const tier = entry.batch ? 'batch' : 'standard';
  const built = buildMessage(reply, { params, cache, tier, nextId: context.nextId });
  return { kind: 'message', request, reply, built, begin: () => begin(context, entry, { cache, built }) };
}
