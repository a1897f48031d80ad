/** A request as the flat list of blocks that prompt caching works on: tools, system, messages; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { blockTokens, MESSAGE_TOKENS, TOOL_PREAMBLE_TOKENS, textTokens } from './tokens.ts';

export type CacheTtl = '5m' | '1h';

/** One block of the prompt. */
export interface PromptBlock {
  /** Where it stands, as error messages name it, e.g. `messages.0.content.1`. */
  readonly path: string;
  /** What must be equal for a prefix to match; `cache_control` is left out. */
  readonly identity: string;
  readonly tokens: number;
  /** Set on a cache breakpoint. */
  readonly ttl?: CacheTtl;
}

type Params = Anthropic.MessageCountTokensParams | Anthropic.MessageCreateParams;
type Markable = { readonly type?: string | null; readonly cache_control?: Anthropic.CacheControlEphemeral | null };

const ttlOf = (block: Markable): CacheTtl | undefined =>
  block.cache_control ? (block.cache_control.ttl ?? '5m') : undefined;

function unmarked({ cache_control: _mark, ...rest }: Markable): object {
  return rest;
}

const identity = (scope: unknown, block: Markable): string => JSON.stringify([scope, unmarked(block)]);

/** Tools are most of a request: none is turned into JSON twice. */
function toolBlocks(params: Params): PromptBlock[] {
  return (params.tools ?? []).map((tool, index) => {
    const json = JSON.stringify(unmarked(tool as Markable));
    return {
      path: `tools.${index}`,
      identity: json,
      tokens: textTokens(json) + (index === 0 ? TOOL_PREAMBLE_TOKENS : 0),
      ttl: ttlOf(tool as Markable),
    };
  });
}

function systemBlocks(params: Params): PromptBlock[] {
  const system = params.system ?? [];
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : system;
  // Changing the output format invalidates the whole prompt cache but the tools: it stands before the system prompt.
  const scope = ['system', params.output_config?.format ?? null];
  return blocks.map((block, index) => ({
    path: `system.${index}`,
    identity: identity(scope, block),
    tokens: blockTokens(block),
    ttl: ttlOf(block),
  }));
}

function messageBlocks(params: Params): PromptBlock[] {
  // tool_choice and thinking invalidate cached messages, not the cached system prompt.
  const scope = [params.tool_choice ?? null, params.thinking ?? null];
  return params.messages.flatMap((message, at) => {
    const content =
      typeof message.content === 'string' ? [{ type: 'text' as const, text: message.content }] : message.content;
    return content.map((block, index) => ({
      path: `messages.${at}.content.${index}`,
      identity: identity([...scope, message.role], block as Markable),
      tokens: blockTokens(block) + (index === 0 ? MESSAGE_TOKENS : 0),
      ttl: ttlOf(block as Markable),
    }));
  });
}

/** All blocks of a prompt in the order the cache sees them; a top-level `cache_control` marks the last one. */
export function promptBlocks(params: Params): PromptBlock[] {
  const blocks = [...toolBlocks(params), ...systemBlocks(params), ...messageBlocks(params)];
  const last = blocks.at(-1);
  if (params.cache_control && last) blocks[blocks.length - 1] = { ...last, ttl: params.cache_control.ttl ?? '5m' };
  return blocks;
}

/** Estimated tokens of a whole prompt. */
export function promptTokens(blocks: readonly PromptBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.tokens, 0);
}
