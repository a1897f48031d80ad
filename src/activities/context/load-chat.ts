/** Puts the manager's turn in a conversation together: the newest messages, the older ones shortened or left out. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import { CHAT_MANAGER, notice } from '../../agents/chat-manager.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import type { TranscriptEntry } from '../../store/store.ts';
import { CHAT_TOOL_NAMES, chatToolParams } from '../conversation/chat-tools.ts';
import type { CallContext, ContextDeps } from './call-context.ts';
import { shortEntry } from './compact.ts';
import { toMessages } from './transcript.ts';
import { worstUsageOf } from './worst-usage.ts';

/** Bytes of the conversation that a request holds, about 75,000 tokens of English text. */
const WINDOW_BYTES = 300_000;
/** Characters that a text of an earlier message keeps. */
const KEPT_CHARS = 6_000;

/** The context of a turn: `input.revision` is the number of the message that is answered. */
export async function loadChat(deps: ContextDeps, input: CallModelInput): Promise<CallContext> {
  const { tenant, goalId, revision } = input;
  const wanted = { upTo: revision, bytes: WINDOW_BYTES, entryBytes: KEPT_CHARS };
  const [snapshot, { entries, leftOut }] = await Promise.all([
    deps.pinned.snapshot(tenant, input.snapshot),
    deps.store.conversations.recent(tenant, goalId, wanted),
  ]);
  const tier = snapshot.tiers[input.tier];
  const shown = entries.filter((entry) => isBefore(entry, input));
  const request = requestOf(toMessages(shown.map((entry) => shortened(entry, revision))), leftOut);
  const thinking = tier.thinking === 'default' ? {} : { thinking: { type: tier.thinking } };
  const whole = { model: tier.model, max_tokens: tier.maxOutputTokens, ...request, ...thinking };
  return {
    input,
    model: tier.model,
    request: whole,
    opening: [],
    worstUsage: worstUsageOf(whole),
    toolNames: CHAT_TOOL_NAMES,
    material: { criteria: [], sources: new Map() },
    answer: {
      ...{ input, snapshot, goalText: '', agent: CHAT_MANAGER, store: deps.store },
      // There is nothing left to shorten when this does not fit.
      ...{ earlierText: '', nudged: false, overflowed: true, trust: 'trusted' },
    },
  };
}

/** What this and later turns have said is not part of the request that led to it. */
function isBefore(entry: TranscriptEntry, { revision, turn }: CallModelInput): boolean {
  return entry.revision < revision || entry.position < turn * 1_000;
}

/** Texts of earlier messages to head and tail, without the thoughts behind them. */
function shortened(entry: TranscriptEntry, revision: number): TranscriptEntry {
  if (entry.revision === revision) return entry;
  return shortEntry(entry, { cap: KEPT_CHARS, thoughts: false });
}

function requestOf(messages: Anthropic.MessageParam[], leftOut: number) {
  const [first, ...rest] = messages;
  const note = { type: 'text' as const, text: notice(`${leftOut} earlier messages are not shown.`) };
  const noted =
    leftOut > 0 && first?.role === 'user' && Array.isArray(first.content)
      ? [{ ...first, content: [note, ...first.content] }, ...rest]
      : messages;
  return {
    system: [{ type: 'text' as const, text: CHAT_MANAGER.instructions }],
    messages: noted,
    tools: chatToolParams(),
    cache_control: { type: 'ephemeral' as const },
  };
}
