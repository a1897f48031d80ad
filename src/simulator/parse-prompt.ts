/** Takes our prompts apart by the tags of `src/core/prompt-tags.ts`; pure. */
import type Anthropic from '@anthropic-ai/sdk';
import type { CallPurpose } from '../core/contracts/calls.ts';
import { PROMPT_TAGS, READ_RESULTS_TOOL } from '../core/prompt-tags.ts';

/** Purpose of a call as its prompt tags tell it; `other` when the prompt is none of ours. */
export type Purpose = CallPurpose | 'other';

/** An agent as the planning prompt lists it. */
export interface ListedAgent {
  readonly name: string;
  readonly tier: string;
  readonly description: string;
}

/** A result that was handed over with `read_results`. */
export interface HandedOver {
  readonly task: string;
  readonly title: string;
  readonly status: string;
  readonly output: string;
}

/** A tool call the model made earlier in this conversation (the prepared hand-over left out) and its result. */
export interface PastToolCall {
  readonly name: string;
  readonly input: unknown;
  readonly result?: string;
  readonly isError: boolean;
}

/** Our prompt in parts; all texts unescaped, absent parts empty or undefined. */
export interface ParsedPrompt {
  readonly purpose: Purpose;
  readonly goal: string;
  /** The task at hand; for a check the one whose result is judged. */
  readonly taskId?: string;
  readonly title?: string;
  readonly instructions?: string;
  readonly criteria: readonly string[];
  readonly agents: readonly ListedAgent[];
  readonly handover: readonly HandedOver[];
  /** The last feedback: of the checker, or the failure that a retry follows. */
  readonly feedback?: string;
  /** Tasks without a result, as a synthesis, verification or replanning request names them. */
  readonly unfinished: readonly { readonly task: string; readonly status: string }[];
  /** Lines of the plan's outline in the system prompt. */
  readonly outline: readonly string[];
  /** The first user text, in a conversation what was said last, unescaped; for what has no tag of its own. */
  readonly requestText: string;
  /** Turns the model took in this conversation, the prepared hand-over left out. */
  readonly turnsSoFar: number;
  readonly pastCalls: readonly PastToolCall[];
}

const HANDOVER_ID = 'toolu_handover';
const PLAN_OUTLINE_TAG = 'plan_outline';
const UNFINISHED_TAG = 'tasks_without_result';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Undoes XML escaping: the five named entities and numeric ones. */
export function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|amp|lt|gt|quot|apos);/gi, (whole, name: string) => {
    const named = ENTITIES[name.toLowerCase()];
    if (named !== undefined) return named;
    const code =
      name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

interface Tag {
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

/** All elements of a name in a text, in order. */
function elements(text: string, name: string): Tag[] {
  const pattern = new RegExp(`<${name}((?:\\s[^<>]*)?)>([\\s\\S]*?)</${name}>`, 'g');
  return [...text.matchAll(pattern)].map(([, attributes = '', inner = '']) => ({
    attributes: Object.fromEntries(
      [...attributes.matchAll(/([a-z][\w-]*)="([^"]*)"/gi)].map(([, key = '', value = '']) => [
        key,
        unescapeXml(value),
      ]),
    ),
    text: unescapeXml(inner.trim()),
  }));
}

function openingTag(text: string, name: string): Tag | undefined {
  const found = new RegExp(`<${name}((?:\\s[^<>]*)?)/?>`).exec(text);
  if (!found) return undefined;
  return elements(`<${name}${(found[1] ?? '').replace(/\/$/, '')}></${name}>`, name)[0];
}

type Params = Pick<Anthropic.MessageCreateParams, 'messages' | 'system'>;
type Block = Anthropic.ContentBlockParam;

const blocksOf = (message: Anthropic.MessageParam | undefined): readonly Block[] => {
  if (!message) return [];
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
};

const textOf = (message: Anthropic.MessageParam | undefined): string =>
  blocksOf(message)
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n');

const systemText = (params: Params): string =>
  typeof params.system === 'string' ? params.system : (params.system ?? []).map((block) => block.text).join('\n');

const firstUserText = (params: Params): string => textOf(params.messages.find((message) => message.role === 'user'));

const PURPOSE_TAGS: readonly (readonly [string, Purpose])[] = [
  [PROMPT_TAGS.planRequest, 'plan'],
  [PROMPT_TAGS.replanRequest, 'replan'],
  [PROMPT_TAGS.checkRequest, 'check'],
  [PROMPT_TAGS.verifyRequest, 'verify'],
  [PROMPT_TAGS.synthesisRequest, 'synthesis'],
  [PROMPT_TAGS.task, 'task'],
];

function purposeOfText(text: string): Purpose {
  return PURPOSE_TAGS.find(([tag]) => new RegExp(`<${tag}[\\s/>]`).test(text))?.[1] ?? 'other';
}

/** Purpose of a request by the first user message; of a conversation with a person, by the system prompt. */
export function purposeOf(params: Params): Purpose {
  if (systemText(params).includes(`<${PROMPT_TAGS.chat}>`)) return 'chat';
  return purposeOfText(firstUserText(params));
}

/** The last words of a person: tool results are no words, and notes of the software are not theirs. */
function lastSaid({ messages }: Params): string {
  const notice = new RegExp(`<${PROMPT_TAGS.notice}>[^<]*</${PROMPT_TAGS.notice}>`, 'g');
  const said = messages
    .filter((message) => message.role === 'user')
    .flatMap((message) => blocksOf(message))
    .flatMap((block) => (block.type === 'text' ? [block.text.replaceAll(notice, '').trim()] : []));
  return said.findLast((text) => text !== '') ?? '';
}

function resultText(block: Anthropic.ToolResultBlockParam): string {
  if (typeof block.content === 'string') return block.content;
  return (block.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

interface Exchange {
  readonly call: Anthropic.ToolUseBlockParam;
  readonly result?: Anthropic.ToolResultBlockParam;
}

function exchanges(params: Params): Exchange[] {
  const all = params.messages.flatMap((message) => blocksOf(message));
  const results = new Map(
    all.flatMap((block) => (block.type === 'tool_result' ? [[block.tool_use_id, block] as const] : [])),
  );
  return all.flatMap((block) => (block.type === 'tool_use' ? [{ call: block, result: results.get(block.id) }] : []));
}

function handedOver(text: string): HandedOver[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const asText = (member: unknown): string => (typeof member === 'string' ? member : '');
  return (Array.isArray(value) ? value : []).flatMap((entry: Record<string, unknown> | null) =>
    typeof entry?.task === 'string'
      ? [{ task: entry.task, title: asText(entry.title), status: asText(entry.status), output: asText(entry.output) }]
      : [],
  );
}

function handoverOf(all: readonly Exchange[]): HandedOver[] {
  const entries = all
    .filter(({ call }) => call.name === READ_RESULTS_TOOL)
    .flatMap(({ result }) => (result ? handedOver(resultText(result)) : []));
  const byTask = new Map<string, HandedOver>();
  for (const entry of entries) {
    const earlier = byTask.get(entry.task);
    // A later reading of the same task replaces the text; title and status stand in the prepared one only.
    const { title = '', status = '' } = earlier ?? {};
    byTask.set(entry.task, { ...entry, title: entry.title || title, status: entry.status || status });
  }
  return [...byTask.values()];
}

const isPrepared = (block: Block): boolean => block.type === 'tool_use' && block.id === HANDOVER_ID;

function turnsSoFar(params: Params): number {
  return params.messages.filter((message) => message.role === 'assistant' && !blocksOf(message).some(isPrepared))
    .length;
}

function agentsOf(text: string): ListedAgent[] {
  const list = new RegExp(`<${PROMPT_TAGS.agents}[^<>]*>[\\s\\S]*</${PROMPT_TAGS.agents}>`).exec(text)?.[0] ?? '';
  return elements(list, PROMPT_TAGS.agent).map(({ attributes, text: description }) => ({
    name: attributes.name ?? '',
    tier: attributes.tier ?? 'balanced',
    description,
  }));
}

function unfinishedOf(text: string): { task: string; status: string }[] {
  const block = elements(text, UNFINISHED_TAG)[0]?.text ?? '';
  return [...block.matchAll(/^- ([a-z0-9_-]+): (\w+)/gm)].map(([, task = '', status = '']) => ({ task, status }));
}

const PURPOSE_OPENING: Partial<Record<Purpose, string>> = { check: PROMPT_TAGS.checkRequest, task: PROMPT_TAGS.task };

/** Takes a request apart. A prompt that is none of ours gives purpose `other` and empty parts. */
export function parsePrompt(params: Params): ParsedPrompt {
  const system = systemText(params);
  const first = firstUserText(params);
  const userTexts = params.messages.filter((message) => message.role === 'user').map(textOf);
  const purpose = purposeOf(params);
  const task = elements(first, PROMPT_TAGS.task)[0];
  const attributes = openingTag(first, PURPOSE_OPENING[purpose] ?? PROMPT_TAGS.task)?.attributes;
  const outline = elements(system, PLAN_OUTLINE_TAG)[0]?.text ?? elements(first, PLAN_OUTLINE_TAG)[0]?.text ?? '';
  const all = exchanges(params);
  return {
    purpose,
    goal: elements(system, PROMPT_TAGS.goal)[0]?.text ?? elements(first, PROMPT_TAGS.goal)[0]?.text ?? '',
    taskId: attributes?.id ?? attributes?.task,
    title: attributes?.title,
    instructions: task?.text,
    criteria: elements(first, PROMPT_TAGS.criterion).map(({ text }) => text),
    agents: agentsOf(first),
    handover: handoverOf(all),
    unfinished: unfinishedOf(first),
    feedback: elements(userTexts.join('\n'), PROMPT_TAGS.feedback).at(-1)?.text,
    outline: outline
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    requestText: unescapeXml(purpose === 'chat' ? lastSaid(params) : first),
    turnsSoFar: turnsSoFar(params),
    pastCalls: all
      .filter(({ call }) => !isPrepared(call))
      .map(({ call, result }) => ({
        name: call.name,
        input: call.input,
        result: result ? resultText(result) : undefined,
        isError: result?.is_error ?? false,
      })),
  };
}
