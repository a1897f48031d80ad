/** A message as the events of its stream, typed with the SDK's types; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { BuiltMessage } from './build-message.ts';

type StreamEvent = Anthropic.RawMessageStreamEvent;

const DEFAULT_CHUNK_CHARS = 80;
/** Long texts get larger chunks, so that no block has more deltas than about this. */
const MAX_CHUNKS = 200;

/** A text in pieces that never split a surrogate pair. */
function pieces(text: string, chars: number): string[] {
  const size = Math.max(1, chars, Math.ceil(text.length / MAX_CHUNKS));
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + size;
    const code = text.charCodeAt(end - 1);
    const inPair = code >= 0xd800 && code <= 0xdbff;
    found.push(text.slice(at, inPair ? end + 1 : end));
    at = inPair ? end + 1 : end;
  }
  return found;
}

interface BlockStream {
  readonly start: Anthropic.RawContentBlockStartEvent['content_block'];
  readonly deltas: readonly Anthropic.RawContentBlockDelta[];
}

function blockStream(block: Anthropic.ContentBlock, json: string, chars: number): BlockStream {
  if (block.type === 'text') {
    const deltas = pieces(block.text, chars).map((text) => ({ type: 'text_delta' as const, text }));
    return { start: { ...block, text: '' }, deltas };
  }
  if (block.type === 'thinking') {
    const deltas = pieces(block.thinking, chars).map((thinking) => ({ type: 'thinking_delta' as const, thinking }));
    const signature = { type: 'signature_delta' as const, signature: block.signature };
    return { start: { ...block, thinking: '', signature: '' }, deltas: [...deltas, signature] };
  }
  if (block.type === 'tool_use') {
    const deltas = ['', ...pieces(json, chars)].map((partial_json) => ({
      type: 'input_json_delta' as const,
      partial_json,
    }));
    return { start: { ...block, input: {} }, deltas };
  }
  return { start: block, deltas: [] };
}

function blockEvents(block: BlockStream, index: number): StreamEvent[] {
  return [
    { type: 'content_block_start', index, content_block: block.start },
    ...block.deltas.map((delta): StreamEvent => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function endEvents(message: Anthropic.Message): StreamEvent[] {
  const { usage } = message;
  const delta = {
    stop_reason: message.stop_reason,
    stop_sequence: message.stop_sequence,
    stop_details: message.stop_details,
    container: message.container,
  };
  const totals: Anthropic.MessageDeltaUsage = {
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_creation_input_tokens: usage.cache_creation_input_tokens,
    cache_read_input_tokens: usage.cache_read_input_tokens,
    output_tokens_details: usage.output_tokens_details,
    server_tool_use: usage.server_tool_use,
  };
  return [{ type: 'message_delta', delta, usage: totals }, { type: 'message_stop' }];
}

/** All events of a message's stream in order, pings left out. `chars` = characters in one delta. */
export function streamEvents({ message, cutJson }: BuiltMessage, chars = DEFAULT_CHUNK_CHARS): StreamEvent[] {
  const start: Anthropic.Message = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...message.usage, output_tokens: Math.min(1, message.usage.output_tokens) },
  };
  const blocks = message.content.flatMap((block, index) => {
    const json = cutJson.get(index) ?? (block.type === 'tool_use' ? JSON.stringify(block.input) : '');
    return blockEvents(blockStream(block, json, chars), index);
  });
  return [{ type: 'message_start', message: start }, ...blocks, ...endEvents(message)];
}
