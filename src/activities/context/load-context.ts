/** Puts a model call together from ids: who speaks, the conversation so far, the request, what the answer is judged by. Host side. */
import { CHECKER } from '../../agents/checker.ts';
import { MANAGER } from '../../agents/manager.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import { failure } from '../../core/failures.ts';
import type { TranscriptEntry } from '../../store/store.ts';
import { toolsOf } from '../../tools/catalog.ts';
import { trustOf } from '../tool-policy.ts';
import { buildRequest } from './build-request.ts';
import type { CallContext, CallFacts, ContextDeps } from './call-context.ts';
import { compacted } from './compact.ts';
import { loadChat } from './load-chat.ts';
import { checkedMaterial } from './material.ts';
import { notesOf } from './notes.ts';
import { openConversation } from './open-conversation.ts';
import { readSources } from './sources.ts';
import { type AssistantContent, currentConversation, isOverflow, toMessages } from './transcript.ts';
import { worstUsageOf } from './worst-usage.ts';

/** Reads and assembles the context of `input`. */
export async function loadContext(deps: ContextDeps, input: CallModelInput): Promise<CallContext> {
  if (input.purpose === 'chat') return loadChat(deps, input);
  const facts = await readFacts(deps, input);
  const stored = startsFresh(input)
    ? []
    : await deps.store.transcripts.read(input.tenant, input.goalId, input.taskId, input.revision);
  const sources = needsSources(input) ? await readSources(deps.store, facts) : [];
  const opening = input.turn === 1 ? await openConversation(deps.store, facts, sources) : [];
  const added = [...opening, ...(await notesOf(deps.store, input))];
  const tier = facts.snapshot.tiers[input.tier];
  const tools = input.purpose === 'task' ? toolsOf(facts.agent, deps.catalog) : [];
  const conversation = currentConversation([...stored, ...added]);
  const messages = toMessages(compacted(conversation));
  const request = buildRequest({ facts, tier, tools, messages });
  const { store } = deps;
  const plans = input.purpose === 'plan' || input.purpose === 'replan';
  const { snapshot, goalText, plan, agent } = facts;
  return {
    input,
    model: tier.model,
    request,
    opening: added,
    worstUsage: worstUsageOf(request),
    toolNames: new Set(tools.map((tool) => tool.name)),
    material: checkedMaterial(facts, sources),
    answer: {
      ...{ input, snapshot, goalText, ...(plan ? { plan } : {}), agent, store },
      ...earlierTurns(input, stored),
      ...(plans ? { history: await store.forecasts.history(input.tenant, input.goalId) } : {}),
      overflowed: conversation.some(isOverflow),
      trust: input.purpose === 'task' ? await trustOf(store, { snapshot, plan }, input) : 'trusted',
    },
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
  const planNamed = (hash: string | undefined) => (hash === undefined ? undefined : pinned.plan(input.tenant, hash));
  const [request, snapshot, plan, rejected] = await Promise.all([
    pinned.request(input.tenant, input.goalId),
    pinned.snapshot(input.tenant, input.snapshot),
    planNamed(input.plan),
    planNamed(input.rejected),
  ]);
  const agent = [MANAGER, CHECKER, ...snapshot.agents].find((candidate) => candidate.name === input.agent);
  if (!agent) throw failure('internal.bug', `the snapshot has no agent ${input.agent}`);
  return {
    input,
    goalText: request.text,
    snapshot,
    agent,
    ...(plan ? { plan } : {}),
    ...(rejected ? { rejected } : {}),
  };
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
