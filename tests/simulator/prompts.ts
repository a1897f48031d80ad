/** Requests as the orchestrator makes them: real prompts, tools and formats; test side. */
import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import { checkPrompt, verifyPrompt } from '../../src/agents/check-prompts.ts';
import { feedbackMessage } from '../../src/agents/feedback.ts';
import { goalSystem } from '../../src/agents/goal-system.ts';
import { planPrompt, replanPrompt } from '../../src/agents/plan-prompts.ts';
import { synthesisPrompt } from '../../src/agents/synthesis-prompt.ts';
import { taskPrompt } from '../../src/agents/task-prompt.ts';
import type { AgentDefinition } from '../../src/core/agent.ts';
import type { Unfinished } from '../../src/core/contracts/calls.ts';
import { type Plan, type PlanTask, planSchema } from '../../src/core/plan.ts';
import { READ_RESULTS_TOOL, SUBMIT_TOOL } from '../../src/core/prompt-tags.ts';
import { checkAnswerSchema, submissionSchema } from '../../src/core/submission.ts';
import { jsonFormat, toolParam } from '../../src/integrations/claude/schema.ts';
import { builtInCatalog, toolsOf } from '../../src/tools/catalog.ts';
import { ask } from './client.ts';

type Params = Anthropic.MessageCreateParamsNonStreaming;

export interface Handed {
  readonly task: string;
  readonly title: string;
  readonly status: string;
  readonly output: string;
}

const TOOLS = toolsOf(
  { ...writer(), tools: ['ask_person', 'list_files', 'read_file', 'write_file'] },
  builtInCatalog(),
);
const TASK_TOOLS = [
  ...TOOLS.map((tool) => toolParam(tool.name, tool.description, tool.input)),
  toolParam(SUBMIT_TOOL, 'Hands in the result.', submissionSchema),
];
const READ_RESULTS = toolParam(READ_RESULTS_TOOL, 'Returns results.', z.strictObject({ tasks: z.array(z.string()) }));

function writer(): AgentDefinition {
  const found = BUILT_IN_AGENTS.find((agent) => agent.name === 'writer');
  if (!found) throw new Error('no writer');
  return found;
}

function system(goal: string, plan?: Plan): Anthropic.TextBlockParam[] {
  return [
    { type: 'text', text: goalSystem({ goalText: goal, outline: plan }), cache_control: { type: 'ephemeral' } },
    { type: 'text', text: writer().instructions },
  ];
}

function handover(results: readonly Handed[]): Anthropic.MessageParam[] {
  if (results.length === 0) return [];
  const input = { tasks: results.map((result) => result.task) };
  const content = JSON.stringify(results);
  return [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_handover', name: READ_RESULTS_TOOL, input }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_handover', content }] },
  ];
}

/** What all calls of a goal share. */
export interface GoalPrompt {
  readonly goal: string;
  readonly plan?: Plan;
}

export function planRequest(goal: string, maxTasks = 20): Params {
  const prompt = planPrompt({ agents: BUILT_IN_AGENTS, maxTasks });
  return { ...ask(prompt), system: system(goal), output_config: { format: jsonFormat(planSchema) } };
}

export function replanRequest(
  prompt: GoalPrompt & { readonly plan: Plan },
  unfinished: readonly Unfinished[],
  frozen: readonly string[],
): Params {
  const opening = replanPrompt({ agents: BUILT_IN_AGENTS, maxTasks: 20, plan: prompt.plan, unfinished, frozen });
  return {
    ...ask(opening),
    system: system(prompt.goal, prompt.plan),
    output_config: { format: jsonFormat(planSchema) },
  };
}

export function taskRequest(
  { goal, plan }: GoalPrompt,
  task: PlanTask,
  more: { results?: readonly Handed[]; feedback?: string } = {},
): Params {
  const feedback = more.feedback ? `\n\n${feedbackMessage(more.feedback)}` : '';
  return {
    ...ask(''),
    system: system(goal, plan),
    tools: TASK_TOOLS,
    messages: [{ role: 'user', content: `${taskPrompt(task)}${feedback}` }, ...handover(more.results ?? [])],
  };
}

function judging(prompt: GoalPrompt, opening: string, results: readonly Handed[]): Params {
  return {
    ...ask(''),
    system: system(prompt.goal, prompt.plan),
    messages: [{ role: 'user', content: opening }, ...handover(results)],
    tools: [READ_RESULTS],
    tool_choice: { type: 'none' },
  };
}

const checked = (request: Params): Params => ({ ...request, output_config: { format: jsonFormat(checkAnswerSchema) } });

export const checkRequest = (prompt: GoalPrompt, task: PlanTask, result: Handed): Params =>
  checked(judging(prompt, checkPrompt({ task, criteria: task.acceptanceCriteria }), [result]));

export const verifyRequest = (prompt: GoalPrompt, criteria: readonly string[], results: readonly Handed[]): Params =>
  checked(judging(prompt, verifyPrompt({ criteria, unfinished: [] }), results));

export function synthesisRequest(
  prompt: GoalPrompt & { readonly plan: Plan },
  results: readonly Handed[],
  more: { feedback?: string; unfinished?: readonly Unfinished[] } = {},
): Params {
  const opening = synthesisPrompt({ plan: prompt.plan, unfinished: more.unfinished ?? [] });
  const request = judging(prompt, opening, results);
  if (!more.feedback) return request;
  const said: Anthropic.MessageParam[] = [
    { role: 'assistant', content: 'The first version.' },
    { role: 'user', content: feedbackMessage(more.feedback) },
  ];
  return { ...request, messages: [...request.messages, ...said] };
}

/** The request after one more turn: the answer and results of its calls appended. */
export function answered(
  request: Params,
  answer: Anthropic.Message,
  results: Readonly<Record<string, string>>,
): Params {
  const calls = answer.content.filter((block) => block.type === 'tool_use');
  const content = calls.map((call) => ({
    type: 'tool_result' as const,
    tool_use_id: call.id,
    content: results[call.name] ?? 'done',
  }));
  return {
    ...request,
    messages: [...request.messages, { role: 'assistant', content: answer.content }, { role: 'user', content }],
  };
}
