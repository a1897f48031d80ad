/** The models the simulator knows; windows and limits are assumptions that `models` of its options replaces. Host side. */
import type Anthropic from '@anthropic-ai/sdk';

/** Context window and output limit, in tokens. */
export interface ModelSize {
  readonly maxInputTokens: number;
  readonly maxTokens: number;
}

const LARGE: ModelSize = { maxInputTokens: 1_000_000, maxTokens: 128_000 };
const SMALL: ModelSize = { maxInputTokens: 400_000, maxTokens: 64_000 };
const OLDER: ModelSize = { maxInputTokens: 200_000, maxTokens: 64_000 };

/** Known models, newest first. */
export const DEFAULT_MODELS: Readonly<Record<string, ModelSize>> = {
  'claude-haiku-5-5': SMALL,
  'claude-sonnet-5-5': LARGE,
  'claude-opus-5-5': LARGE,
  'claude-fable-5-2': LARGE,
  'claude-sonnet-5': LARGE,
  'claude-opus-5': LARGE,
  'claude-opus-4-8': LARGE,
  'claude-opus-4-7': LARGE,
  'claude-opus-4-6': OLDER,
  'claude-sonnet-4-6': OLDER,
  'claude-haiku-4-5': OLDER,
  'claude-opus-4-5': OLDER,
};

const yes: Anthropic.CapabilitySupport = { supported: true };
const no: Anthropic.CapabilitySupport = { supported: false };

const CAPABILITIES: Anthropic.ModelCapabilities = {
  batch: yes,
  citations: yes,
  code_execution: no,
  context_management: {
    clear_thinking_20251015: no,
    clear_tool_uses_20250919: no,
    compact_20260112: no,
    supported: false,
  },
  effort: { supported: true, low: yes, medium: yes, high: yes, xhigh: yes, max: yes },
  image_input: yes,
  pdf_input: yes,
  server_tools: { supported: false, code_execution: no, web_search: no },
  structured_outputs: yes,
  thinking: { supported: true, types: { adaptive: yes, between_tools: yes, disabled: yes, enabled: yes } },
};

const LINES: readonly Anthropic.ModelLine[] = ['haiku', 'sonnet', 'opus', 'fable', 'mythos'];

const titleCase = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** The `GET /v1/models/:id` body of a known model. */
export function modelInfo(id: string, size: ModelSize): Anthropic.ModelInfo {
  const [, line = '', ...version] = id.split('-');
  return {
    id,
    type: 'model',
    display_name: `Claude ${titleCase(line)} ${version.join('.')} (simulated)`,
    created_at: '2026-01-01T00:00:00Z',
    deprecated_at: null,
    retires_at: null,
    lifecycle: 'active',
    line: LINES.find((known) => known === line) ?? null,
    max_input_tokens: size.maxInputTokens,
    max_tokens: size.maxTokens,
    capabilities: CAPABILITIES,
  };
}
