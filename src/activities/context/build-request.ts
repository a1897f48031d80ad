/** The Messages API request of a call: cached prefix first, then the conversation. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { goalSystem } from '../../agents/goal-system.ts';
import type { TierModel } from '../../core/config.ts';
import type { CallPurpose } from '../../core/contracts/calls.ts';
import { oncePer } from '../../core/once-per.ts';
import { type Plan, planSchema } from '../../core/plan.ts';
import { SUBMIT_TOOL } from '../../core/prompt-tags.ts';
import { checkAnswerSchema, submissionSchema } from '../../core/submission.ts';
import { jsonFormat, toolParam } from '../../integrations/claude/schema.ts';
import { readResults } from '../../tools/read-results.ts';
import type { Tool } from '../../tools/tool.ts';
import type { CallFacts } from './call-context.ts';

type Request = Anthropic.MessageCreateParamsNonStreaming;

/** What a request is made of. */
export interface RequestParts {
  readonly facts: CallFacts;
  readonly tier: TierModel;
  /** Tools of the task's agent; the ones every call has are added here. */
  readonly tools: readonly Tool[];
  readonly messages: Anthropic.MessageParam[];
}

const EFFORT = { S: 'low', M: 'medium', L: 'high' } as const;

/** Tools, then goal, then role, then conversation: calls of one goal share the longest possible cached prefix. */
export function buildRequest({ facts, tier, tools, messages }: RequestParts): Request {
  const { input } = facts;
  const isTask = input.purpose === 'task';
  const hasTools = isTask || messages.length > 1;
  return {
    model: tier.model,
    max_tokens: tier.maxOutputTokens,
    system: systemOf(facts),
    messages: isTask ? markLastRequest(messages) : messages,
    ...(hasTools ? { tools: isTask ? taskTools(tools) : [toolOf(readResults)] } : {}),
    ...(hasTools && !isTask ? { tool_choice: { type: 'none' as const } } : {}),
    ...(isTask ? { cache_control: { type: 'ephemeral' as const } } : {}),
    ...(tier.thinking === 'default' ? {} : { thinking: { type: tier.thinking } }),
    ...outputConfig(input.purpose, tier.effort === 'by-task' ? EFFORT[input.effort] : undefined),
  };
}

function systemOf({ goalText, plan, agent }: CallFacts): Anthropic.TextBlockParam[] {
  return [sharedSystem(goalText, plan), roleOf(agent)];
}

const shared = new WeakMap<Plan, { readonly goalText: string; readonly block: Anthropic.TextBlockParam }>();

/** What all calls of a goal have in common, made once for its plan. */
function sharedSystem(goalText: string, plan: Plan | undefined): Anthropic.TextBlockParam {
  if (!plan) return cached(goalSystem({ goalText }));
  const known = shared.get(plan);
  if (known?.goalText === goalText) return known.block;
  const block = cached(goalSystem({ goalText, outline: plan }));
  shared.set(plan, { goalText, block });
  return block;
}

function cached(text: string): Anthropic.TextBlockParam {
  return { type: 'text', text, cache_control: { type: 'ephemeral' } };
}

/** Who the agent is. */
const roleOf = oncePer((agent: CallFacts['agent']): Anthropic.TextBlockParam => {
  return { type: 'text', text: agent.instructions };
});

/**
 * Marks where the last request ended. From its end, which `cache_control` of the request marks, the API looks back 20
 * blocks for what it has cached: a turn with many tool calls is longer, and all before it would be paid anew.
 */
function markLastRequest(messages: readonly Anthropic.MessageParam[]): Anthropic.MessageParam[] {
  const turn = messages.findLastIndex(({ role }) => role === 'assistant');
  const end = messages.findLastIndex(({ role }, at) => role === 'user' && at < turn);
  return messages.map((message, at) => (at === end && message.role === 'user' ? marked(message) : message));
}

/** User messages hold text and tool results, and both can be marked. */
function marked(message: Anthropic.UserMessageParam): Anthropic.UserMessageParam {
  const { content } = message;
  const last = typeof content === 'string' ? undefined : content.at(-1);
  if (typeof content === 'string' || (last?.type !== 'text' && last?.type !== 'tool_result')) return message;
  return { ...message, content: [...content.slice(0, -1), { ...last, cache_control: { type: 'ephemeral' } }] };
}

function taskTools(tools: readonly Tool[]): Anthropic.Tool[] {
  return [...tools.map(toolOf), SUBMIT];
}

/** The tool as the API takes it: its schema is the same in every request. */
const toolOf = oncePer((tool: Tool) => toolParam(tool.name, tool.description, tool.input));

const SUBMIT = toolParam(
  SUBMIT_TOOL,
  'Hands in the result of the task and ends it. Call it once, when the result is whole.',
  submissionSchema,
);

function outputConfig(
  purpose: CallPurpose,
  effort: 'low' | 'medium' | 'high' | undefined,
): Pick<Request, 'output_config'> {
  const format = formatOf(purpose);
  if (!format && !effort) return {};
  return { output_config: { ...(format ? { format } : {}), ...(effort ? { effort } : {}) } };
}

function formatOf(purpose: CallPurpose): Anthropic.JSONOutputFormat | undefined {
  if (purpose === 'plan' || purpose === 'replan') return PLAN_FORMAT;
  if (purpose === 'check' || purpose === 'verify') return CHECK_FORMAT;
  return undefined;
}

const PLAN_FORMAT = jsonFormat(planSchema);
const CHECK_FORMAT = jsonFormat(checkAnswerSchema);
