/** Conversations: takes messages and the ends of goals up, and runs the manager's tools. Activity side. */
import { notice, spoken } from '../../agents/chat-manager.ts';
import type {
  ConversationActivities,
  TakeEndInput,
  TakeMessageInput,
  TakeMessageResult,
} from '../../core/contracts/conversation.ts';
import type { TaskQueues } from '../../core/contracts/ids.ts';
import { failure } from '../../core/failures.ts';
import type { Store } from '../../store/store.ts';
import type { SnapshotBase } from '../goal-activities.ts';
import { runChatTool } from './run-chat-tool.ts';

/** What these activities need. */
export interface ConversationDeps {
  readonly store: Store;
  /** What answers are pinned to: each message to the configuration of its time. */
  readonly base: SnapshotBase;
  readonly queues: TaskQueues;
}

/** Activities of `workflow` workers. */
export function createConversationActivities(deps: ConversationDeps): ConversationActivities {
  return {
    takeMessage: (input) => takeMessage(deps, input),
    takeEnd: (input) => takeEnd(deps, input),
    runChatTool: (input) => runChatTool(deps.store, input),
  };
}

const TITLE_LENGTH = 80;

async function takeMessage(
  { store, base, queues }: ConversationDeps,
  input: TakeMessageInput,
): Promise<TakeMessageResult> {
  const { tenant, goalId, number, author, messageId } = input;
  const text = await store.blobs.getText(tenant, input.text.hash);
  const { snapshot } = await store.conversations.take({
    ...{ tenant, number, key: goalId, text: spoken(text), snapshot: base },
    title: titleOf(text),
    event: { type: 'chat-message', number: input.event, data: { number, author, messageId, text } },
  });
  if (snapshot === null) throw failure('internal.bug', 'a message without a snapshot');
  return { snapshot, queues };
}

function titleOf(text: string): string {
  const letters = [...(text.trim().split('\n', 1)[0] ?? '')];
  return letters.length > TITLE_LENGTH ? `${letters.slice(0, TITLE_LENGTH - 1).join('')}…` : letters.join('');
}

async function takeEnd({ store }: ConversationDeps, input: TakeEndInput): Promise<void> {
  const { tenant, conversation, goalId, number, event } = input;
  const goal = await store.goals.detail(tenant, goalId);
  if (!goal) throw failure('goal.not-found', `There is no goal ${goalId}.`);
  const { status, title, reason, costMicroUsd } = goal;
  const hasDeliverable = goal.deliverable !== null;
  const next = hasDeliverable ? ' What it delivered can be read.' : '';
  await store.conversations.take({
    ...{ tenant, number, key: conversation, text: notice(`Goal ${goalId} has ended: ${status}.${next}`) },
    event: {
      type: 'chat-goal-ended',
      number: event,
      data: { number, goalId, status, title, reason, costMicroUsd, hasDeliverable },
    },
  });
}
