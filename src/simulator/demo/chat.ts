/** The demo's manager in a conversation: understands a few plain requests about goals, and says so otherwise. Pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { MessageReply, SimulatedRequest } from '../contract.ts';
import type { PastToolCall } from '../parse-prompt.ts';
import { text, toolUse } from '../replies.ts';
import { shorten } from './goal-facts.ts';

const START =
  /^(?:please )?start (?:a |the )?goal\s*[:,-]?\s*(?:with (?:a budget of )?\$?(\d+(?:\.\d+)?)(?: usd)?\s*[:,-]\s*)?([\s\S]+)$/i;
const ID = /\b([0-9a-hjkmnp-tv-z]{20})\b/;
const HELP =
  'I am the simulated manager. Say “start a goal: …” for work that takes agents, or ask for the status of a goal, for a list of goals, or to read or cancel one.';

/** A turn: the tool that the person's words ask for, or, once it has answered, what came of it. */
export function chatTurn({ prompt, params }: SimulatedRequest): MessageReply {
  const last = answeredCall(params.messages, prompt.pastCalls);
  return last ? text(toldOf(last)) : answerTo(prompt.requestText);
}

/** The call whose result stands at the end of the request. */
function answeredCall(
  messages: readonly Anthropic.MessageParam[],
  calls: readonly PastToolCall[],
): PastToolCall | undefined {
  const content = messages.at(-1)?.content;
  const isResult = Array.isArray(content) && content.some((block) => block.type === 'tool_result');
  const saysMore = Array.isArray(content) && content.some((block) => block.type === 'text');
  return isResult && !saysMore ? calls.at(-1) : undefined;
}

function answerTo(said: string): MessageReply {
  const [, budget, goal] = START.exec(said.trim()) ?? [];
  if (goal) return toolUse('start_goal', { text: goal.trim(), ...(budget ? { budgetUsd: Number(budget) } : {}) });
  const [, id] = ID.exec(said) ?? [];
  if (/\bcancel\b/i.test(said) && id) return toolUse('cancel_goal', { id });
  if (/\b(read|deliver\w*|result)\b/i.test(said) && id) return toolUse('read_deliverable', { id });
  if (id) return toolUse('goal_status', { id });
  if (/\b(goals|list|status)\b/i.test(said)) return toolUse('list_goals', {});
  return text(`You said: “${shorten(said, 200)}”. ${HELP}`);
}

function toldOf({ name, result = '', isError }: PastToolCall): string {
  const output = outputOf(result);
  if (isError) return `That did not work. ${shown(output)}`;
  const { id, status } = (output ?? {}) as { readonly id?: string; readonly status?: string };
  if (name === 'start_goal') return `I started goal ${id}. I will tell you here when it has ended.`;
  if (name === 'cancel_goal') return `Goal ${id} is being cancelled.`;
  if (name === 'goal_status') return `Goal ${id} is ${status}.`;
  return shown(output);
}

function outputOf(result: string): unknown {
  try {
    return (JSON.parse(result) as { output?: unknown }).output;
  } catch {
    return result;
  }
}

function shown(output: unknown): string {
  if (typeof output === 'string') return shorten(output, 2_000);
  if (!Array.isArray(output)) return shorten(JSON.stringify(output), 2_000);
  if (output.length === 0) return 'There are no goals yet.';
  return output.map((goal: Record<string, unknown>) => `- ${goal.id}: ${goal.title} (${goal.status})`).join('\n');
}
