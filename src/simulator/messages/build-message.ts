/** Turns a reply into the `Message` the API would give: ids, limits, stop reason, usage; pure but for the id source. */
import type Anthropic from '@anthropic-ai/sdk';
import type { MessageReply, ReplyBlock } from '../contract.ts';
import type { CacheUse } from './prompt-cache.ts';
import { textTokens, textWithin } from './tokens.ts';

/** A message and what a stream sends instead of a tool input's JSON, by block index. */
export interface BuiltMessage {
  readonly message: Anthropic.Message;
  readonly cutJson: ReadonlyMap<number, string>;
}

/** What the request settles about its answer. */
export interface MessageFacts {
  readonly params: Anthropic.MessageCreateParams;
  readonly cache: Omit<CacheUse, 'commit'>;
  readonly tier: 'standard' | 'batch';
  /** Fresh ids, e.g. `msg_…`, `toolu_…`. */
  readonly nextId: (prefix: string) => string;
}

interface Limited {
  readonly blocks: readonly ReplyBlock[];
  readonly stop?: Pick<Anthropic.Message, 'stop_reason' | 'stop_sequence'>;
}

const inputJson = (input: unknown): string => JSON.stringify(input ?? {});

function tokensOf(block: ReplyBlock): number {
  if (block.type === 'text') return textTokens(block.text);
  if (block.type === 'thinking') return textTokens(block.thinking);
  if (block.type === 'raw') return textTokens(JSON.stringify(block.block));
  return textTokens(block.name) + textTokens(block.cutJson ?? inputJson(block.input));
}

function cutBlock(block: ReplyBlock, tokens: number): ReplyBlock {
  if (block.type === 'text') return { ...block, text: textWithin(block.text, tokens) };
  if (block.type === 'thinking') return { ...block, thinking: textWithin(block.thinking, tokens) };
  if (block.type === 'raw') return block;
  return { ...block, cutJson: textWithin(block.cutJson ?? inputJson(block.input), tokens) };
}

/** Ends the text at the first stop sequence. */
function stopAtSequence(blocks: readonly ReplyBlock[], sequences: readonly string[]): Limited {
  for (const [index, block] of blocks.entries()) {
    if (block.type !== 'text') continue;
    const hits = sequences
      .map((sequence) => ({ sequence, at: block.text.indexOf(sequence) }))
      .filter((hit) => hit.at >= 0);
    const first = hits.sort((a, b) => a.at - b.at)[0];
    if (!first) continue;
    const cut: ReplyBlock = { ...block, text: block.text.slice(0, first.at) };
    return {
      blocks: [...blocks.slice(0, index), cut],
      stop: { stop_reason: 'stop_sequence', stop_sequence: first.sequence },
    };
  }
  return { blocks };
}

/** Ends the answer at `max_tokens`, in the middle of a block. */
function stopAtLimit(limited: Limited, maxTokens: number): Limited {
  const kept: ReplyBlock[] = [];
  let left = maxTokens;
  for (const block of limited.blocks) {
    const tokens = tokensOf(block);
    if (tokens > left) {
      if (left > 0) kept.push(cutBlock(block, left));
      return { blocks: kept, stop: { stop_reason: 'max_tokens', stop_sequence: null } };
    }
    kept.push(block);
    left -= tokens;
  }
  return limited;
}

function toContentBlock(block: ReplyBlock, nextId: MessageFacts['nextId']): Anthropic.ContentBlock {
  if (block.type === 'text') return { type: 'text', text: block.text, citations: null };
  if (block.type === 'thinking') return { type: 'thinking', thinking: block.thinking, signature: nextId('simsig') };
  // A script may send blocks that the SDK's types do not have.
  if (block.type === 'raw') return block.block as unknown as Anthropic.ContentBlock;
  const input = block.cutJson === undefined ? (block.input ?? {}) : {};
  return { type: 'tool_use', id: block.id ?? nextId('toolu'), name: block.name, input, caller: { type: 'direct' } };
}

function usage(blocks: readonly ReplyBlock[], facts: MessageFacts, override: MessageReply['usage']): Anthropic.Usage {
  const { cache, params, tier } = facts;
  const thinking = blocks.filter((block) => block.type === 'thinking').reduce((sum, block) => sum + tokensOf(block), 0);
  return {
    input_tokens: cache.uncached,
    output_tokens: blocks.reduce((sum, block) => sum + tokensOf(block), 0),
    cache_read_input_tokens: cache.read,
    cache_creation_input_tokens: cache.write5m + cache.write1h,
    cache_creation: { ephemeral_5m_input_tokens: cache.write5m, ephemeral_1h_input_tokens: cache.write1h },
    output_tokens_details: thinking > 0 ? { thinking_tokens: thinking } : null,
    server_tool_use: null,
    service_tier: tier,
    speed: params.speed ?? 'standard',
    inference_geo: null,
    ...override,
  };
}

/** The message that answers a request. A reply's own stop reason wins over the limits. */
export function buildMessage(reply: MessageReply, facts: MessageFacts): BuiltMessage {
  const { params, nextId } = facts;
  const free = reply.stopReason === undefined;
  const limited: Limited = free
    ? stopAtLimit(stopAtSequence(reply.content, params.stop_sequences ?? []), params.max_tokens)
    : { blocks: reply.content };
  const { blocks } = limited;
  const natural = blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
  const cuts = blocks.flatMap((block, index): [number, string][] =>
    block.type === 'tool_use' && block.cutJson !== undefined ? [[index, block.cutJson]] : [],
  );
  return {
    cutJson: new Map(cuts),
    message: {
      id: nextId('msg'),
      type: 'message',
      role: 'assistant',
      model: params.model,
      content: blocks.map((block) => toContentBlock(block, nextId)),
      container: null,
      diagnostics: null,
      stop_reason: reply.stopReason ?? limited.stop?.stop_reason ?? natural,
      stop_sequence: limited.stop?.stop_sequence ?? null,
      stop_details: reply.stopDetails ?? null,
      usage: usage(blocks, facts, reply.usage),
    },
  };
}
