/** From stored transcript entries to API messages: tool results in place, gaps answered, cut turns repaired. Pure, host side. */
import type Anthropic from '@anthropic-ai/sdk';
import { SUBMIT_TOOL } from '../../core/prompt-tags.ts';
import { submissionSchema } from '../../core/submission.ts';
import type { TranscriptEntry } from '../../store/store.ts';

type Block = Anthropic.ContentBlockParam;
type Message = Anthropic.MessageParam;
type ToolResult = Anthropic.ToolResultBlockParam;

/** Content of an `assistant` entry as we store it. */
export interface AssistantContent {
  readonly blocks: Block[];
  readonly stopReason: string;
}

/** Position 0 opens a fresh conversation; a revision that goes on with an old one starts at 1. */
export const FRESH_POSITION = 0;

const NUDGE_SUBMIT = `Nothing was handed in yet. Go on, and end the task by calling ${SUBMIT_TOOL}.`;
const NUDGE_OVERFLOW =
  'The conversation has outgrown your window: the texts above were shortened. Read again what you still need, and go on.';
const NUDGE_TRUNCATED =
  'Your answer was cut at the output limit. Go on exactly where it stopped, without repeating anything.';

/** Whether the conversation outgrew the model's window at this entry. */
export function isOverflow({ role, content }: TranscriptEntry): boolean {
  if (role !== 'assistant') return false;
  return (content as unknown as AssistantContent).stopReason === 'model_context_window_exceeded';
}

/** The part of `entries` since the last fresh opening, in order. */
export function currentConversation(entries: readonly TranscriptEntry[]): TranscriptEntry[] {
  const fresh = Math.max(
    0,
    ...entries.filter((entry) => entry.position === FRESH_POSITION).map((entry) => entry.revision),
  );
  return entries
    .filter((entry) => entry.revision >= fresh)
    .sort((a, b) => a.revision - b.revision || a.position - b.position);
}

/** The conversation as messages that the API takes, ending where the model has to speak. */
export function toMessages(entries: readonly TranscriptEntry[]): Message[] {
  const results = toolResults(entries);
  const messages: Message[] = [];
  let open: AssistantContent | undefined;
  for (const entry of entries) {
    if (entry.role === 'tool') continue;
    if (entry.role === 'user') {
      if (open) say(messages, answersTo(open, results));
      open = undefined;
      say(messages, userBlocks(entry));
      continue;
    }
    if (open) say(messages, between(open, results));
    open = entry.content as unknown as AssistantContent;
    if (open.blocks.length > 0) messages.push({ role: 'assistant', content: usable(open.blocks) });
  }
  if (open) say(messages, between(open, results));
  return messages;
}

function userBlocks(entry: TranscriptEntry): Block[] {
  if (typeof entry.content === 'string') return [{ type: 'text', text: entry.content }];
  return entry.content as unknown as Block[];
}

/** Adds to the user's message that is open, or opens one. */
function say(messages: Message[], blocks: readonly Block[]): void {
  if (blocks.length === 0) return;
  const last = messages.at(-1);
  if (last?.role === 'user' && Array.isArray(last.content)) last.content.push(...blocks);
  else messages.push({ role: 'user', content: [...blocks] });
}

/** What stands between a turn and the next: tool results, else a nudge. A paused turn goes on as it is. */
function between(turn: AssistantContent, results: ReadonlyMap<string, ToolResult>): Block[] {
  const answers = answersTo(turn, results);
  if (answers.length > 0 || turn.stopReason === 'pause_turn') return answers;
  return [{ type: 'text', text: nudgeAfter(turn.stopReason) }];
}

function nudgeAfter(stopReason: string): string {
  if (stopReason === 'model_context_window_exceeded') return NUDGE_OVERFLOW;
  return stopReason === 'max_tokens' ? NUDGE_TRUNCATED : NUDGE_SUBMIT;
}

function answersTo(turn: AssistantContent, results: ReadonlyMap<string, ToolResult>): Block[] {
  const calls = usable(turn.blocks).filter((block) => block.type === 'tool_use');
  const failed = calls.some((call) => results.get(call.id)?.is_error === true);
  return calls.map((call) => results.get(call.id) ?? missingResult(call, turn.stopReason, failed));
}

/** Blocks that may go back to the API: of tool calls with one id only the first stays. */
function usable(blocks: readonly Block[]): Block[] {
  const seen = new Set<string>();
  return blocks.filter((block) => {
    if (block.type !== 'tool_use') return block.type !== 'text' || block.text !== '';
    const fresh = !seen.has(block.id);
    seen.add(block.id);
    return fresh;
  });
}

function toolResults(entries: readonly TranscriptEntry[]): Map<string, ToolResult> {
  const results = entries
    .filter((entry) => entry.role === 'tool')
    .map((entry) => entry.content as unknown as ToolResult);
  return new Map(results.map((result) => [result.tool_use_id, result]));
}

const RECEIVED = 'Received.';
const CUT = 'This call was cut at the output limit and not run. Make it again, shorter.';
const UNKNOWN = 'This call was not run: no tool of this name is open to you.';

/** The answer to a call that no tool ran: submissions, unknown tools, calls that were cut. */
function missingResult(call: Anthropic.ToolUseBlockParam, stopReason: string, siblingFailed: boolean): ToolResult {
  const answer = (content: string): ToolResult => ({
    type: 'tool_result',
    tool_use_id: call.id,
    content,
    is_error: content !== RECEIVED,
  });
  if (stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded') return answer(CUT);
  return answer(call.name === SUBMIT_TOOL ? submitAnswer(call, siblingFailed) : UNKNOWN);
}

function submitAnswer(call: Anthropic.ToolUseBlockParam, siblingFailed: boolean): string {
  const parsed = submissionSchema.safeParse(call.input);
  if (parsed.success && !siblingFailed) return RECEIVED;
  if (parsed.success) return 'Not accepted: another call of this turn failed. Deal with that, then submit again.';
  const problems = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
  return `Not accepted. ${problems.join('; ')}. Call ${SUBMIT_TOOL} again with these mended.`;
}
