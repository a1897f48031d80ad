/** Checks of content blocks as the API does them; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { ApiProblem } from '../api-error.ts';
import { invalid } from '../api-error.ts';
import { cacheControlProblem, type Fields, firstProblem, isObject, unknownField } from './shape.ts';

// Typed with the SDK: a field that it gains or loses breaks the build here.
const TEXT: Record<keyof Anthropic.TextBlockParam, true> = {
  type: true,
  text: true,
  cache_control: true,
  citations: true,
};
const TOOL_USE: Record<keyof Anthropic.ToolUseBlockParam, true> = {
  type: true,
  id: true,
  name: true,
  input: true,
  cache_control: true,
  caller: true,
  toolset_name: true,
};
const TOOL_RESULT: Record<keyof Anthropic.ToolResultBlockParam, true> = {
  type: true,
  tool_use_id: true,
  content: true,
  is_error: true,
  cache_control: true,
  toolset_name: true,
};
const THINKING: Record<keyof Anthropic.ThinkingBlockParam, true> = { type: true, thinking: true, signature: true };

/** Which block types may stand in whose message. Types that are only listed are not looked into. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'search_result', 'tool_result', 'container_upload'],
  system: ['text'],
  assistant: [
    'text',
    'tool_use',
    'thinking',
    'redacted_thinking',
    'server_tool_use',
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'bash_code_execution_tool_result',
    'text_editor_code_execution_tool_result',
    'tool_search_tool_result',
  ],
};

/** A text block, of a message or of the system prompt. */
export function textBlockProblem(block: Fields, path: string): ApiProblem | undefined {
  if (typeof block.text !== 'string') return invalid(`${path}.text.text: Field required`);
  if (block.text === '' && block.cache_control) {
    return invalid(`${path}.text: cache_control cannot be set for empty text blocks`);
  }
  const area = path.split('.')[0] ?? path;
  if (block.text === '') return invalid(`${area}: text content blocks must be non-empty`);
  if (block.text.trim() === '') return invalid(`${area}: text content blocks must contain non-whitespace text`);
  return unknownField(block, TEXT, `${path}.text.`);
}

function toolUseProblem(block: Fields, path: string): ApiProblem | undefined {
  const at = `${path}.tool_use`;
  if (typeof block.id !== 'string') return invalid(`${at}.id: Field required`);
  if (!/^[a-zA-Z0-9_-]+$/.test(block.id)) return invalid(`${at}.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  if (typeof block.name !== 'string') return invalid(`${at}.name: Field required`);
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(block.name)) {
    return invalid(`${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  if (!isObject(block.input)) return invalid(`${at}.input: Input should be a valid dictionary`);
  return unknownField(block, TOOL_USE, `${at}.`);
}

function toolResultProblem(block: Fields, path: string): ApiProblem | undefined {
  const at = `${path}.tool_result`;
  if (typeof block.tool_use_id !== 'string') return invalid(`${at}.tool_use_id: Field required`);
  const { content } = block;
  if (content !== undefined && typeof content !== 'string' && !Array.isArray(content)) {
    return invalid(`${at}.content: Input should be a valid string or list`);
  }
  return unknownField(block, TOOL_RESULT, `${at}.`);
}

function thinkingProblem(block: Fields, path: string): ApiProblem | undefined {
  if (typeof block.thinking !== 'string') return invalid(`${path}.thinking.thinking: Field required`);
  if (typeof block.signature !== 'string' || block.signature === '') {
    return invalid(`${path}: Invalid \`signature\` in \`thinking\` block`);
  }
  return unknownField(block, THINKING, `${path}.thinking.`);
}

const CHECKS: Readonly<Record<string, (block: Fields, path: string) => ApiProblem | undefined>> = {
  text: textBlockProblem,
  tool_use: toolUseProblem,
  tool_result: toolResultProblem,
  thinking: thinkingProblem,
};

/** One block of a message. `path` as in `messages.0.content.1`. */
export function blockProblem(block: unknown, role: string, path: string): ApiProblem | undefined {
  if (!isObject(block)) return invalid(`${path}: Input should be a valid dictionary`);
  if (typeof block.type !== 'string') return invalid(`${path}.type: Field required`);
  const allowed = ALLOWED[role] ?? [];
  if (!allowed.includes(block.type)) {
    const tags = allowed.map((type) => `'${type}'`).join(', ');
    return invalid(
      `${path}: Input tag '${block.type}' found using 'type' does not match any of the expected tags: ${tags}`,
    );
  }
  return firstProblem([
    cacheControlProblem(block.cache_control, `${path}.${block.type}.cache_control`),
    CHECKS[block.type]?.(block, path),
  ]);
}
