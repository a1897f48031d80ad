/** The manager's turn in a conversation: tool calls to run, or the end of the reply. Host side, pure. */
import { createHash } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type { ToolCall } from '../../core/contracts/calls.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import { MAX_TOOL_CALLS_PER_TURN } from '../../core/contracts/limits.ts';
import { canonicalJson } from '../../core/json.ts';
import type { NewEvent } from '../../store/store.ts';
import { START_GOAL, startTitle } from '../conversation/chat-tools.ts';
import { approvalHash } from '../tool-policy.ts';
import { type AnswerContext, commonOutcome, type Interpretation, textOf } from './interpretation.ts';

/** Interprets a turn; its text becomes a part of the reply, in the same transaction. */
export function interpretChat(context: AnswerContext, toolNames: ReadonlySet<string>): Interpretation {
  const common = commonOutcome(context);
  if (common) return { outcome: common, events: common.kind === 'continue' ? replyOf(context, false) : [] };
  const asked = context.message.content.filter((block) => block.type === 'tool_use');
  if (asked.length === 0) return { outcome: { kind: 'replied' }, events: replyOf(context, true) };
  const calls = callsOf(asked, toolNames);
  const events = replyOf(context, false);
  if (calls.length === 0) return { outcome: { kind: 'continue', why: 'invalid-submission' }, events };
  return { outcome: { kind: 'tools', calls, submitted: false }, events };
}

/** One part of the reply; nothing for a turn without words that is not the last. */
function replyOf({ input, message }: AnswerContext, last: boolean): NewEvent[] {
  const text = textOf(message);
  if (!last && text.trim() === '') return [];
  const data = { number: input.revision, turn: input.turn, text, last };
  return [{ type: 'chat-reply', taskId: pseudoTask.chat, data }];
}

function callsOf(asked: readonly Anthropic.ToolUseBlock[], toolNames: ReadonlySet<string>): ToolCall[] {
  const byId = new Map(asked.toReversed().map((block) => [block.id, block]));
  return [...byId.values()]
    .toReversed()
    .filter((block) => toolNames.has(block.name))
    .slice(0, MAX_TOOL_CALLS_PER_TURN)
    .map((block, index) => {
      const argsHash = createHash('sha256').update(canonicalJson(block.input)).digest('hex');
      const call = { index, id: block.id, name: block.name, argsHash };
      return block.name === START_GOAL ? { ...call, asks: asksOf(call, block.input) } : call;
    });
}

/** Starting a goal spends money: whether somebody is asked is settled with the message. */
function asksOf(call: ToolCall, input: unknown): ToolCall['asks'] {
  const hash = approvalHash({ tool: call.name, argsHash: call.argsHash, taskId: pseudoTask.chat });
  return { kind: 'tool', hash, title: startTitle(input) };
}
