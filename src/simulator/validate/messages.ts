/** Checks of a request's `messages` as the API does them: roles, order, tool calls and their results; pure. */
import type { ApiProblem } from '../api-error.ts';
import { invalid } from '../api-error.ts';
import { blockProblem } from './blocks.ts';
import { type Fields, firstProblem, isObject } from './shape.ts';

const ROLES = ['user', 'assistant', 'system'];
const MAX_MESSAGES = 100_000;

interface Turn {
  readonly role: string;
  readonly blocks: readonly Fields[];
  /** Index of its last message. */
  readonly index: number;
}

function messageProblem(message: unknown, index: number): ApiProblem | undefined {
  const path = `messages.${index}`;
  if (!isObject(message)) return invalid(`${path}: Input should be a valid dictionary`);
  const { role, content } = message;
  if (role === undefined) return invalid(`${path}.role: Field required`);
  if (typeof role !== 'string' || !ROLES.includes(role)) {
    return invalid(`${path}.role: Input should be 'user', 'assistant' or 'system'`);
  }
  if (content === undefined) return invalid(`${path}.content: Field required`);
  if (typeof content !== 'string' && !Array.isArray(content)) {
    return invalid(`${path}.content: Input should be a valid string or list`);
  }
  if (content.length === 0) return invalid(`${path}: all messages must have non-empty content`);
  if (typeof content === 'string') {
    return content.trim() === ''
      ? invalid('messages: text content blocks must contain non-whitespace text')
      : undefined;
  }
  return firstProblem(content.map((block, at) => blockProblem(block, role, `${path}.content.${at}`)));
}

/** Messages with consecutive ones of a role combined into a turn, as the API does. */
function turnsOf(messages: readonly Fields[]): Turn[] {
  const turns: Turn[] = [];
  messages.forEach((message, index) => {
    const role = String(message.role);
    const content = message.content;
    const blocks = (Array.isArray(content) ? content : [{ type: 'text', text: content }]) as Fields[];
    const last = turns.at(-1);
    if (last?.role === role) turns[turns.length - 1] = { role, index, blocks: [...last.blocks, ...blocks] };
    else turns.push({ role, index, blocks });
  });
  return turns;
}

const idsOf = (turn: Turn | undefined, type: string, field: string): string[] =>
  (turn?.blocks ?? []).filter((block) => block.type === type).map((block) => String(block[field]));

/** Every result answers a call of the turn before. */
function strayResult(turn: Turn, before: Turn | undefined): ApiProblem | undefined {
  const calls = idsOf(before, 'tool_use', 'id');
  const stray = idsOf(turn, 'tool_result', 'tool_use_id').find((id) => !calls.includes(id));
  if (stray === undefined) return undefined;
  return invalid(
    `messages.${turn.index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. ` +
      'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  );
}

/** Every call is answered once, at the very start of the next turn. */
function unansweredCall(turn: Turn, after: Turn | undefined): ApiProblem | undefined {
  const calls = idsOf(turn, 'tool_use', 'id');
  if (calls.length === 0) return undefined;
  const leading: Turn | undefined = after && {
    ...after,
    blocks: after.blocks.slice(
      0,
      Math.max(
        0,
        after.blocks.findIndex((block) => block.type !== 'tool_result'),
      ),
    ),
  };
  const allResults = after?.blocks.every((block) => block.type === 'tool_result') ?? false;
  const answered = idsOf(allResults ? after : leading, 'tool_result', 'tool_use_id');
  const missing = calls.filter((id) => !answered.includes(id));
  if (missing.length > 0) {
    return invalid(
      `messages.${turn.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
        `${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
  const twice = answered.find((id, at) => answered.indexOf(id) !== at);
  if (twice === undefined) return undefined;
  return invalid(
    `messages.${after?.index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
  );
}

function* pairingProblems(turns: readonly Turn[]): Generator<ApiProblem | undefined> {
  const seen = new Set<string>();
  for (const [at, turn] of turns.entries()) {
    for (const id of idsOf(turn, 'tool_use', 'id')) {
      if (seen.has(id)) yield invalid(`messages.${turn.index}: \`tool_use\` ids must be unique. Found twice: ${id}`);
      seen.add(id);
    }
    yield strayResult(turn, turns[at - 1]);
    if (turn.role === 'assistant') yield unansweredCall(turn, turns[at + 1]);
  }
}

/** The model must have something to answer: no prefill, unless a paused turn is sent back. */
function endProblem(turns: readonly Turn[], isPaused: (text: string) => boolean): ApiProblem | undefined {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return undefined;
  const texts = last.blocks.map((block) => (typeof block.text === 'string' ? block.text : ''));
  const serverTools = last.blocks.some((block) => block.type === 'server_tool_use');
  // Paused twice in a row: the second answer's text comes after the first one's.
  if (serverTools || isPaused(texts.join('')) || isPaused(texts.at(-1) ?? '')) return undefined;
  return invalid(
    'This model does not support assistant message prefill. The conversation must end with a user message.',
  );
}

/** All checks of `messages`. `isPaused` tells whether a text was the end of a `pause_turn` answer. */
export function messagesProblem(value: unknown, isPaused: (text: string) => boolean): ApiProblem | undefined {
  if (value === undefined) return invalid('messages: Field required');
  if (!Array.isArray(value)) return invalid('messages: Input should be a valid list');
  if (value.length === 0) return invalid('messages: at least one message is required');
  if (value.length > MAX_MESSAGES) return invalid(`messages: List should have at most ${MAX_MESSAGES} items`);
  const shape = firstProblem(value.map(messageProblem));
  if (shape) return shape;
  const turns = turnsOf(value as Fields[]);
  if (turns[0]?.role !== 'user') return invalid('messages: first message must use the "user" role');
  return firstProblem(pairingProblems(turns)) ?? endProblem(turns, isPaused);
}
