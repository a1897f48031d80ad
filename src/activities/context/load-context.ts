/** Puts a model call together from ids: who speaks, the conversation so far, the request, what the answer is judged by. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import { CHECKER } from '../../agents/checker.ts';
import { MANAGER } from '../../agents/manager.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import type { Usage } from '../../core/contracts/usage.ts';
import { failure } from '../../core/failures.ts';
import type { Store, TranscriptEntry } from '../../store/store.ts';
import { type ToolCatalog, toolsOf } from '../../tools/catalog.ts';
import type { Pinned } from '../pinned.ts';
import { buildRequest } from './build-request.ts';
import type { CallContext, CallFacts } from './call-context.ts';
import { checkedMaterial } from './material.ts';
import { openConversation } from './open-conversation.ts';
import { readSources } from './sources.ts';
import { type AssistantContent, currentConversation, toMessages } from './transcript.ts';

/** What the parts of a context are read from. */
export interface ContextDeps {
  readonly store: Store;
  readonly pinned: Pinned;
  readonly catalog: ToolCatalog;
}

/** Reads and assembles the context of `input`. */
export async function loadContext(deps: ContextDeps, input: CallModelInput): Promise<CallContext> {
  const facts = await readFacts(deps, input);
  const stored = startsFresh(input)
    ? []
    : await deps.store.transcripts.read(input.tenant, input.goalId, input.taskId, input.revision);
  const sources = needsSources(input) ? await readSources(deps.store, facts) : [];
  const added = input.turn === 1 ? await openConversation(deps.store, facts, sources) : [];
  const tier = facts.snapshot.tiers[input.tier];
  const tools = input.purpose === 'task' ? toolsOf(facts.agent, deps.catalog) : [];
  const messages = toMessages(currentConversation([...stored, ...added]));
  const request = buildRequest({ facts, tier, tools, messages });
  const { store } = deps;
  const { snapshot, goalText, plan, agent } = facts;
  return {
    input,
    model: tier.model,
    request,
    opening: added,
    worstUsage: worstUsageOf(request),
    toolNames: new Set(tools.map((tool) => tool.name)),
    material: checkedMaterial(facts, sources),
    answer: { input, snapshot, goalText, ...(plan ? { plan } : {}), agent, store, ...earlierTurns(input, stored) },
  };
}

/** Sources open a conversation, and a checker's quotes are looked up in them at every turn. */
function needsSources({ purpose, turn, opening }: CallModelInput): boolean {
  if (purpose === 'check' || purpose === 'verify') return true;
  return turn === 1 && opening.kind !== 'revise';
}

function startsFresh({ turn, opening }: CallModelInput): boolean {
  return turn === 1 && opening.kind !== 'revise';
}

async function readFacts({ pinned }: ContextDeps, input: CallModelInput): Promise<CallFacts> {
  const [request, snapshot, plan] = await Promise.all([
    pinned.request(input.tenant, input.goalId),
    pinned.snapshot(input.tenant, input.snapshot),
    input.plan === undefined ? undefined : pinned.plan(input.tenant, input.plan),
  ]);
  const agent = [MANAGER, CHECKER, ...snapshot.agents].find((candidate) => candidate.name === input.agent);
  if (!agent) throw failure('internal.bug', `the snapshot has no agent ${input.agent}`);
  return { input, goalText: request.text, snapshot, agent, ...(plan ? { plan } : {}) };
}

/** Text said so far in this revision, and whether the last turn ended without any tool call. */
function earlierTurns(
  { revision }: CallModelInput,
  stored: readonly TranscriptEntry[],
): { earlierText: string; nudged: boolean } {
  const turns = stored
    .filter((entry) => entry.revision === revision && entry.role === 'assistant')
    .map((entry) => entry.content as unknown as AssistantContent);
  const texts = turns.flatMap(({ blocks }) => blocks.map((block) => (block.type === 'text' ? block.text : '')));
  const last = turns.at(-1);
  return {
    earlierText: texts.join(''),
    nudged: last !== undefined && !last.blocks.some((block) => block.type === 'tool_use'),
  };
}

/** Tokens are never more than bytes; 2,000 are added for what the API adds by itself. */
function worstUsageOf(request: Anthropic.MessageCreateParamsNonStreaming): Usage {
  const inputTokens = Buffer.byteLength(JSON.stringify(request)) + 2_000;
  return {
    inputTokens: 0,
    outputTokens: request.max_tokens,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: inputTokens,
    webSearches: 0,
  };
}
