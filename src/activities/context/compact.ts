/** Shortens what was said before a conversation outgrew the model's window, the same way every time. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { Json } from '../../core/json.ts';
import type { TranscriptEntry } from '../../store/store.ts';
import { type AssistantContent, isOverflow } from './transcript.ts';

/** What is kept of the earlier texts together, as a share of their characters. */
const KEPT_SHARE = 0.25;
/** Characters that every text keeps at least. */
const MIN_CHARS = 200;

/**
 * The conversation with everything before its (last) overflow shortened: tool results, answers and arguments to head and
 * tail, older thoughts left out; what the user said stays whole. It follows from the transcript alone, so that all later
 * turns see the same. A conversation that never overflowed comes back as it is.
 */
export function compacted(conversation: readonly TranscriptEntry[]): readonly TranscriptEntry[] {
  const mark = conversation.findLastIndex(isOverflow);
  if (mark < 0) return conversation;
  const earlier = conversation.slice(0, mark);
  const cap = capOf(earlier.flatMap(textLengths));
  const lastSpoken = earlier.findLastIndex((entry) => entry.role === 'assistant');
  const shortened = earlier.map((entry, at) => shortEntry(entry, { cap, thoughts: at === lastSpoken }));
  return [...shortened, ...conversation.slice(mark)];
}

/** The largest cap under which all texts together keep their share. */
function capOf(lengths: readonly number[]): number {
  const target = KEPT_SHARE * lengths.reduce((sum, length) => sum + length, 0);
  const rising = [...lengths].sort((a, b) => a - b);
  let used = 0;
  for (const [at, length] of rising.entries()) {
    const even = (target - used) / (rising.length - at);
    if (length > even) return Math.max(MIN_CHARS, Math.floor(even));
    used += length;
  }
  return MIN_CHARS;
}

function textLengths(entry: TranscriptEntry): number[] {
  if (entry.role === 'user') return [];
  const lengths: number[] = [];
  mapTexts(entry, (text) => {
    lengths.push(text.length);
    return text;
  });
  return lengths;
}

/** The entry with each text cut to head and tail of `cap` characters; what the user said stays whole. */
export function shortEntry(
  entry: TranscriptEntry,
  { cap, thoughts }: { cap: number; thoughts: boolean },
): TranscriptEntry {
  if (entry.role === 'user') return entry;
  const content = mapTexts(entry, (text) => shorten(text, cap));
  if (entry.role === 'tool' || thoughts) return { ...entry, content };
  const { blocks, stopReason } = content as unknown as AssistantContent;
  return { ...entry, content: { blocks: blocks.filter(isNoThought), stopReason } as unknown as Json };
}

function isNoThought({ type }: Anthropic.ContentBlockParam): boolean {
  return type !== 'thinking' && type !== 'redacted_thinking';
}

type Change = (text: string) => string;

function mapTexts({ role, content }: TranscriptEntry, change: Change): Json {
  if (role === 'tool') {
    const result = content as unknown as Anthropic.ToolResultBlockParam;
    return { ...result, content: mapStrings(result.content as unknown as Json, change) } as unknown as Json;
  }
  const { blocks, stopReason } = content as unknown as AssistantContent;
  return { blocks: blocks.map((block) => mapBlock(block, change)), stopReason } as unknown as Json;
}

function mapBlock(block: Anthropic.ContentBlockParam, change: Change): Anthropic.ContentBlockParam {
  if (block.type === 'text') return { ...block, text: change(block.text) };
  return block.type === 'tool_use' ? { ...block, input: mapStrings(block.input as Json, change) } : block;
}

function mapStrings(value: Json, change: Change): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

function shorten(text: string, cap: number): string {
  if (text.length <= cap) return text;
  const head = Math.ceil(cap * 0.7);
  const short = `${text.slice(0, head)}\n[${text.length - cap} characters left out]\n${text.slice(head - cap)}`;
  return short.toWellFormed();
}
