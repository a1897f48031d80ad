/** `POST /v1/messages/count_tokens`. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import type { Context } from '../context.ts';
import type { Call } from '../http/call.ts';
import type { RouteAnswer } from '../http/respond.ts';
import { countProblem } from '../validate/request.ts';
import { promptBlocks, promptTokens } from './prompt-blocks.ts';

/** Answers with the same estimate that `usage` of a real request adds up to. */
export function countTokens(context: Context, call: Call): RouteAnswer {
  const problem = countProblem(call.body, context.rules);
  if (problem) return problem;
  const tokens = promptTokens(promptBlocks(call.body as Anthropic.MessageCountTokensParams));
  return { json: { input_tokens: tokens } satisfies Anthropic.MessageTokensCount };
}
