/** Conversations with the manager: workflow input, messages, inputs of their activities, shape checks. Sandbox-safe. */
import { isAuthor, isBlobRef } from './approvals.ts';
import type { TaskQueues } from './ids.ts';
import type { BlobRef } from './refs.ts';

/** Messages that may wait for their answers. */
export const MAX_QUEUED = 200;
/** Message ids that are remembered, so that a message that is sent again is taken once. */
export const MAX_REMEMBERED = 400;
/** Longest message, in bytes of UTF-8. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

/** Whether the manager may start a goal on this message's account: it asks first, it may, or it may not. */
export type StartsGoals = 'ask' | 'allow' | 'deny';

/** Argument of `sendMessageUpdate`. */
export interface SendMessageInput {
  readonly text: BlobRef;
  readonly author: string;
  /** Made by the client: the same id is the same message. */
  readonly messageId: string;
  readonly startsGoals: StartsGoals;
}

/** Answer of `sendMessageUpdate`: the message's place; its reply bears the same number. */
export interface SendMessageResult {
  readonly number: number;
}

/** Argument of `childEndedSignal`. */
export interface ChildEndedInput {
  readonly goalId: string;
}

/** What waits its turn in a conversation: a message, or that a goal has ended. */
export type ConversationItem =
  | ({ readonly kind: 'message'; readonly number: number } & SendMessageInput)
  | ({ readonly kind: 'ended'; readonly number: number } & ChildEndedInput);

/** Input of `conversationWorkflow`. */
export interface ConversationInput {
  /** Key of the conversation: see `conversationKey` in ids.ts. */
  readonly goalId: string;
  readonly tenant: string;
  /** First free numbers of messages and of events, as the store knows them. */
  readonly next: { readonly message: number; readonly event: number };
  /** Events of one run after which it continues as new. Default 2,000. */
  readonly continueAfter?: number;
  /** Set by continue-as-new only. */
  readonly carried?: CarriedConversation;
}

/** What `conversationWorkflow` hands to its next run, beside its numbers. */
export interface CarriedConversation {
  readonly queue: readonly ConversationItem[];
  /** Latest message ids with their numbers. */
  readonly known: readonly (readonly [string, number])[];
  /** Tools that a person allowed for the whole conversation. */
  readonly allowed: readonly string[];
}

/** Input of `takeMessage`. */
export interface TakeMessageInput extends SendMessageInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly number: number;
  /** Number of the event that is written. */
  readonly event: number;
}
/** What the answer to one message is pinned to. */
export interface TakeMessageResult {
  readonly snapshot: string;
  readonly queues: TaskQueues;
}

/** Input of `takeEnd`. */
export interface TakeEndInput extends ChildEndedInput {
  readonly conversation: string;
  readonly tenant: string;
  readonly number: number;
  readonly event: number;
}

/** Input of `runChatTool`: one tool call of a recorded turn. */
export interface RunChatToolInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly number: number;
  readonly turn: number;
  readonly index: number;
  /** What a person decided; absent: nobody was asked. */
  readonly verdict?: 'approve' | 'deny';
}
/** Result of `runChatTool`; its words are in the transcript. What is left to do is the workflow's. */
export interface RunChatToolResult {
  readonly isError: boolean;
  /** A goal that is stored and to be started. `label`: at most MAX_LABEL_BYTES, for the Web UI. */
  readonly start?: { readonly goalId: string; readonly label: string };
  /** A goal that is to be cancelled. */
  readonly cancel?: { readonly goalId: string };
}

/** Activities of `workflow` workers for conversations. */
export interface ConversationActivities {
  /** Writes the message into the conversation; a repeat changes nothing. */
  takeMessage(input: TakeMessageInput): Promise<TakeMessageResult>;
  /** Writes down that a goal has ended; a repeat changes nothing. */
  takeEnd(input: TakeEndInput): Promise<void>;
  runChatTool(input: RunChatToolInput): Promise<RunChatToolResult>;
}

/** The shape check of `sendMessageUpdate`; by hand, as zod stays out of workflows. Extra members are refused. */
export function isSendMessageInput(value: unknown): value is SendMessageInput {
  if (typeof value !== 'object' || value === null) return false;
  const { text, author, messageId, startsGoals, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || !isBlobRef(text) || text.bytes > MAX_MESSAGE_BYTES) return false;
  if (startsGoals !== 'ask' && startsGoals !== 'allow' && startsGoals !== 'deny') return false;
  return isAuthor(author) && typeof messageId === 'string' && /^[\w-]{1,64}$/.test(messageId);
}
