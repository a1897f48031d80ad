/** The demo's worker: one turn of a task, decided from the request alone. Pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { ASK_PERSON_TOOL, READ_RESULTS_TOOL } from '../../core/prompt-tags.ts';
import type { MessageReply, SimulatedRequest } from '../contract.ts';
import { blocked, submit, toolUses } from '../replies.ts';
import { type GoalFacts, slug } from './goal-facts.ts';
import { makePlan } from './make-plan.ts';
import { MARK_ASKS, MARK_BLOCKED, MARK_WRITES_FILE } from './script-marks.ts';
import { taskOutput, taskSubmission } from './task-result.ts';

interface Offered {
  readonly name: string;
  readonly properties: readonly string[];
}

function offeredTools(params: Anthropic.MessageCreateParams): Offered[] {
  return (params.tools ?? []).flatMap((tool) =>
    'input_schema' in tool
      ? [{ name: tool.name, properties: Object.keys((tool.input_schema.properties ?? {}) as object) }]
      : [],
  );
}

/** The input of a file writing tool, by the names that its schema gives path and content. */
function fileInput(tool: Offered, path: string, content: string): Record<string, string> {
  const pathName = tool.properties.find((name) => /path|file|name/i.test(name)) ?? 'path';
  const contentName =
    tool.properties.find((name) => name !== pathName && /content|text|body|data/i.test(name)) ?? 'content';
  return { [pathName]: path, [contentName]: content };
}

interface ToolCall {
  readonly name: string;
  readonly input: unknown;
}

/** Results worth reading that were not handed over: cut ones, and for a draft the one the plan begins with. */
function resultsToRead(request: SimulatedRequest, facts: GoalFacts, isDraft: boolean): string[] {
  const { handover, outline, taskId } = request.prompt;
  const cut = handover.filter((entry) => entry.output === '' && entry.status === 'done').map((entry) => entry.task);
  const first = makePlan(facts, [], Number.MAX_SAFE_INTEGER).tasks[0]?.id ?? '';
  const isKnown = first === taskId || handover.some((entry) => entry.task === first);
  return isDraft && !isKnown && outline.some((line) => line.includes(first)) ? [...cut, first] : cut;
}

/** Before it goes to work, the worker asks and reads what it lacks and, when it is to write a file, looks at the files. */
function lookAround(request: SimulatedRequest, facts: GoalFacts, isDraft: boolean): ToolCall[] {
  const offered = new Set(offeredTools(request.params).map((tool) => tool.name));
  const called = new Set(request.prompt.pastCalls.map((call) => call.name));
  const may = (name: string): boolean => offered.has(name) && !called.has(name);
  const tasks = may(READ_RESULTS_TOOL) ? resultsToRead(request, facts, isDraft) : [];
  const [, question] = request.prompt.instructions?.split(`${MARK_ASKS} `) ?? [];
  return [
    ...(question && may(ASK_PERSON_TOOL) ? [{ name: ASK_PERSON_TOOL, input: { question } }] : []),
    ...(isDraft && may('list_files') ? [{ name: 'list_files', input: {} }] : []),
    ...(tasks.length > 0 ? [{ name: READ_RESULTS_TOOL, input: { tasks } }] : []),
  ];
}

/** The next turn of a task: ask and look around, write a file, hand in; or blocked, where the script says so. */
export function taskTurn(request: SimulatedRequest, facts: GoalFacts): MessageReply {
  const { prompt } = request;
  const instructions = prompt.instructions ?? '';
  if (instructions.includes(MARK_BLOCKED) && prompt.feedback === undefined) {
    return blocked('Simulated: the first attempt of this task reports itself blocked, to show how a retry works.');
  }
  const isDraft = instructions.includes(MARK_WRITES_FILE);
  const looks = lookAround(request, facts, isDraft);
  if (looks.length > 0) return toolUses(looks);
  const writer = offeredTools(request.params).find((tool) => tool.name === 'write_file');
  if (isDraft && writer && !prompt.pastCalls.some((call) => call.name === writer.name)) {
    const path = `${slug(prompt.taskId ?? '') || 'draft'}.md`;
    return toolUses([{ name: writer.name, input: fileInput(writer, path, taskOutput(facts, prompt)) }]);
  }
  return submit(taskSubmission(facts, prompt));
}
