/** Checks of `tools`, `tool_choice`, `thinking` and `output_config` as the API does them; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { ApiProblem } from '../api-error.ts';
import { invalid } from '../api-error.ts';
import { schemaProblem } from './schema.ts';
import { cacheControlProblem, type Fields, firstProblem, isObject, unknownField } from './shape.ts';

const TOOL: Record<keyof Anthropic.Tool, true> = {
  name: true,
  description: true,
  input_schema: true,
  type: true,
  strict: true,
  cache_control: true,
  allowed_callers: true,
  defer_loading: true,
  eager_input_streaming: true,
  input_examples: true,
};
const OUTPUT: Record<keyof Anthropic.OutputConfig, true> = { effort: true, format: true };
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
const THINKING = ['adaptive', 'enabled', 'between_tools', 'disabled'];
const CHOICES = ['auto', 'any', 'tool', 'none'];

function toolProblem(tool: unknown, index: number): ApiProblem | undefined {
  const path = `tools.${index}`;
  if (!isObject(tool)) return invalid(`${path}: Input should be a valid dictionary`);
  if (typeof tool.name !== 'string') return invalid(`${path}.custom.name: Field required`);
  // Server tools bring a dated type and fields of their own.
  if (typeof tool.type === 'string' && tool.type !== 'custom') return undefined;
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name)) {
    return invalid(`${path}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  if (!isObject(tool.input_schema)) return invalid(`${path}.custom.input_schema: Field required`);
  if (tool.input_schema.type !== 'object') return invalid(`${path}.custom.input_schema.type: Input should be 'object'`);
  return firstProblem([
    unknownField(tool, TOOL, `${path}.custom.`),
    cacheControlProblem(tool.cache_control, `${path}.custom.cache_control`),
    tool.strict === true ? schemaProblem(tool.input_schema, `${path}.custom.input_schema`) : undefined,
  ]);
}

function choiceProblem(choice: unknown, names: readonly string[], thinking: unknown): ApiProblem | undefined {
  if (choice === undefined) return undefined;
  const tags = CHOICES.map((type) => `'${type}'`).join(', ');
  if (!isObject(choice) || !CHOICES.includes(String(choice.type))) {
    return invalid(`tool_choice: Input tag does not match any of the expected tags: ${tags}`);
  }
  if (names.length === 0) return invalid('tool_choice: tool_choice may only be specified while providing tools.');
  if (choice.type === 'tool' && !names.includes(String(choice.name))) {
    return invalid(`tool_choice.name: Tool '${String(choice.name)}' not found in provided tools`);
  }
  const forced = choice.type === 'tool' || choice.type === 'any';
  const thinks = isObject(thinking) && thinking.type === 'enabled';
  return forced && thinks ? invalid('Thinking may not be enabled when tool_choice forces tool use.') : undefined;
}

function toolsProblem(body: Fields): ApiProblem | undefined {
  const tools = body.tools ?? [];
  if (!Array.isArray(tools)) return invalid('tools: Input should be a valid list');
  const problem = firstProblem(tools.map(toolProblem));
  if (problem) return problem;
  const names = tools.map((tool: Fields) => String(tool.name));
  if (new Set(names).size !== names.length) return invalid('tools: Tool names must be unique.');
  return choiceProblem(body.tool_choice, names, body.thinking);
}

function thinkingProblem(body: Fields): ApiProblem | undefined {
  const { thinking, max_tokens: maxTokens } = body;
  if (thinking === undefined) return undefined;
  if (!isObject(thinking) || !THINKING.includes(String(thinking.type))) {
    return invalid(
      `thinking: Input tag does not match any of the expected tags: ${THINKING.map((t) => `'${t}'`).join(', ')}`,
    );
  }
  if (thinking.type !== 'enabled') return undefined;
  const budget = thinking.budget_tokens;
  if (typeof budget !== 'number') return invalid('thinking.enabled.budget_tokens: Field required');
  if (budget < 1_024) return invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  return typeof maxTokens === 'number' && budget >= maxTokens
    ? invalid('`max_tokens` must be greater than `thinking.budget_tokens`.')
    : undefined;
}

function outputProblem(config: unknown): ApiProblem | undefined {
  if (config === undefined || config === null) return undefined;
  if (!isObject(config)) return invalid('output_config: Input should be a valid dictionary');
  const { effort, format } = config;
  if (effort !== undefined && effort !== null && !EFFORTS.includes(String(effort))) {
    return invalid(`output_config.effort: Input should be ${EFFORTS.map((name) => `'${name}'`).join(', ')}`);
  }
  const extra = unknownField(config, OUTPUT, 'output_config.');
  if (extra || format === undefined || format === null) return extra;
  if (!isObject(format) || format.type !== 'json_schema') {
    return invalid("output_config.format: Input tag does not match any of the expected tags: 'json_schema'");
  }
  return (
    unknownField(format, { type: true, schema: true }, 'output_config.format.') ??
    schemaProblem(format.schema, 'output_config.format.schema')
  );
}

/** The API wants tools defined when the conversation has tool blocks. */
function missingTools(body: Fields): ApiProblem | undefined {
  if (Array.isArray(body.tools) && body.tools.length > 0) return undefined;
  const used = JSON.stringify(body.messages ?? []).includes('"type":"tool_use"');
  return used ? invalid('Requests which include `tool_use` or `tool_result` blocks must define tools') : undefined;
}

/** All checks of what steers the model. */
export function steeringProblem(body: Fields): ApiProblem | undefined {
  return toolsProblem(body) ?? thinkingProblem(body) ?? outputProblem(body.output_config) ?? missingTools(body);
}
