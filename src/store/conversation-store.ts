/** The store's part for conversations. Types only. */
import type { ConversationSummary } from '../core/conversation.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { NewEvent } from './new-event.ts';
import type { TranscriptEntry } from './transcript-entry.ts';

/** Something that is said in a conversation, other than by the manager: it and its event are written once. */
export interface ChatEntry {
  readonly tenant: string;
  /** See `conversationKey` in ids.ts. */
  readonly key: string;
  readonly number: number;
  /** As the model reads it. */
  readonly text: string;
  /** Title of a conversation that has none. */
  readonly title?: string;
  /** What the answer is pinned to. */
  readonly snapshot?: Snapshot;
  readonly event: NewEvent;
}

/** Conversations: made, listed, spoken in. */
export interface ConversationStore {
  create(conversation: { tenant: string; conversationId: string; simulated: boolean }): Promise<void>;
  /** Those spoken in last come first. */
  list(tenant: string, limit: number): Promise<readonly ConversationSummary[]>;
  get(tenant: string, conversationId: string): Promise<ConversationSummary | undefined>;
  /** First free numbers of messages and of workflow events. */
  next(tenant: string, key: string): Promise<{ message: number; event: number }>;
  take(entry: ChatEntry): Promise<{ snapshot: string | null }>;
  /** The newest whole messages up to `upTo`, about `bytes` long, and how many older ones are left out. */
  recent(
    tenant: string,
    key: string,
    wanted: { upTo: number; bytes: number; entryBytes: number },
  ): Promise<{ entries: readonly TranscriptEntry[]; leftOut: number }>;
}
