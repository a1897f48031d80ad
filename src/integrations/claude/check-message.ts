/** Whether what arrived is a whole answer to what was asked, of a shape this version knows. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { modelError } from './model-error.ts';
import { isPriced, sameModel } from './prices.ts';

/** Keyed by the SDK's own unions, so that an SDK with new members breaks the build here. */
const STOP_REASONS: Readonly<Record<Anthropic.StopReason, true>> = {
  end_turn: true,
  max_tokens: true,
  stop_sequence: true,
  tool_use: true,
  pause_turn: true,
  refusal: true,
  model_context_window_exceeded: true,
};

const TEXT_FIELDS: Readonly<Record<Anthropic.ContentBlock['type'], readonly string[]>> = {
  text: ['text'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'name'],
  server_tool_use: ['id', 'name'],
  web_search_tool_result: ['tool_use_id'],
  web_fetch_tool_result: ['tool_use_id'],
  code_execution_tool_result: ['tool_use_id'],
  bash_code_execution_tool_result: ['tool_use_id'],
  text_editor_code_execution_tool_result: ['tool_use_id'],
  tool_search_tool_result: ['tool_use_id'],
  container_upload: ['file_id'],
};

/**
 * Returns the message when it is whole. Throws `model.bad-response` (try again) when it is cut, malformed or of another
 * request, `model.unexpected-response` when it has a stop reason or content this version does not know. `usage` may be
 * missing: it is priced elsewhere.
 */
export function checkMessage(message: unknown, requestedModel: string): Anthropic.Message {
  if (!isRecord(message)) throw modelError('model.bad-response', 'the answer is not a message');
  const { id, type, role, model, content, stop_reason: stop } = message;
  if (type !== 'message' || role !== 'assistant' || !filled(id) || !filled(model) || !Array.isArray(content)) {
    throw modelError('model.bad-response', 'the answer is not a message of the assistant');
  }
  if (isPriced(model) && isPriced(requestedModel) && !sameModel(model, requestedModel)) {
    throw modelError('model.bad-response', `the answer is ${model}’s and ${requestedModel} was asked`);
  }
  if (!filled(stop)) throw modelError('model.bad-response', 'the answer ended without a stop reason');
  if (!Object.hasOwn(STOP_REASONS, stop)) {
    throw modelError('model.unexpected-response', `stop reason ${JSON.stringify(stop.slice(0, 64))} is not known`);
  }
  content.forEach(checkBlock);
  if (stop === 'tool_use' && !content.some((block: { type: string }) => block.type.endsWith('tool_use'))) {
    throw modelError('model.bad-response', 'the answer stops for a tool call that is not in it');
  }
  return message as unknown as Anthropic.Message;
}

function checkBlock(block: unknown, index: number): void {
  if (!isRecord(block) || !filled(block.type)) {
    throw modelError('model.bad-response', `content block ${index} is no content`);
  }
  const { type } = block;
  if (!Object.hasOwn(TEXT_FIELDS, type)) {
    throw modelError('model.unexpected-response', `content of type ${JSON.stringify(type.slice(0, 64))} is not known`);
  }
  const fields = TEXT_FIELDS[type as Anthropic.ContentBlock['type']];
  const missing = fields.find((field) => typeof block[field] !== 'string');
  if (missing) throw modelError('model.bad-response', `content block ${index} (${type}) has no ${missing}`);
  if (type === 'tool_use' && (!filled(block.id) || !filled(block.name) || !isRecord(block.input))) {
    throw modelError('model.bad-response', `content block ${index} (${type}) is not a tool call`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function filled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
