/** Conversations with the manager: begun, spoken in, read, watched. Host side. */
import { z } from 'zod';
import { MAX_MESSAGE_BYTES } from '../core/contracts/conversation.ts';
import { conversationKey } from '../core/contracts/ids.ts';
import type { ConversationSummary } from '../core/conversation.ts';
import type { GoalEvent } from '../core/events.ts';
import { OrchestratorError } from '../core/failures.ts';
import { isGoalId, newGoalId } from '../core/ids.ts';
import type { ClientParts } from './client-parts.ts';
import { authorField, checkInput, limitField, quoted, seqField, signalField, textField } from './input-door.ts';
import { withKnownErrors, withKnownErrorsIn } from './known-error.ts';

const messageSchema = z.strictObject({
  text: textField(MAX_MESSAGE_BYTES),
  author: authorField,
  messageId: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
  startsGoals: z.enum(['ask', 'allow', 'deny']).default('ask'),
});

const readSchema = z.strictObject({ afterSeq: seqField.default(0), limit: limitField.default(1_000) });
const watchSchema = z.strictObject({ afterSeq: seqField.optional(), signal: signalField });

/**
 * A message. `messageId`: the same id is the same message, however often it is sent. `startsGoals`: whether goals may be
 * started on its account: `ask` (default) makes each a work item of the approvals.
 */
export type Said = z.input<typeof messageSchema>;

/** The manager answers messages in their order; replies are events with the message's number (see docs/user-guide.md). */
export interface Conversations {
  /** Begins one; gives its id. */
  begin(): Promise<{ conversationId: string }>;
  /** Newest first, by what was said last; at most `limit` (1 to 1,000, default 50). */
  list(limit?: number): Promise<readonly ConversationSummary[]>;
  /** Errors: `conversation.not-found`. */
  get(conversationId: string): Promise<ConversationSummary>;
  /** Gives the number under which the reply will come. Errors: `conversation.not-found`, `conversation.full`, `control.invalid`. */
  say(conversationId: string, message: Said): Promise<{ number: number; messageId: string }>;
  /** Stored events after `afterSeq` (default 0), at most `limit` (default 1,000). */
  read(conversationId: string, options?: z.input<typeof readSchema>): Promise<readonly GoalEvent[]>;
  /** Stored events after `afterSeq` (default 0), then live ones with text deltas, until the signal. */
  watch(conversationId: string, options: z.input<typeof watchSchema>): AsyncIterable<GoalEvent>;
}

/** The conversations of the client's tenant. */
export function createConversations(parts: ClientParts): Conversations {
  const { store, tenant, simulated } = parts;
  return {
    get: (id) => withKnownErrors(() => find(parts, id)),
    begin: () =>
      withKnownErrors(async () => {
        const conversationId = newGoalId();
        await store.conversations.create({ tenant, conversationId, simulated });
        return { conversationId };
      }),
    list: (limit = 50) =>
      withKnownErrors(async () =>
        store.conversations.list(tenant, checkInput(limitField, limit, { what: 'The limit' })),
      ),
    say: (id, message) => withKnownErrors(() => say(parts, id, message)),
    read: (id, options = {}) =>
      withKnownErrors(async () => {
        const { afterSeq, limit } = checkInput(readSchema, options, { what: 'The reading' });
        await find(parts, id);
        return store.events.read(tenant, conversationKey(id), afterSeq, limit);
      }),
    watch: (id, options) => withKnownErrorsIn(watch(parts, id, options)),
  };
}

async function find({ store, tenant }: ClientParts, id: string): Promise<ConversationSummary> {
  const found = isGoalId(id) ? await store.conversations.get(tenant, id) : undefined;
  if (found) return found;
  throw new OrchestratorError('conversation.not-found', `There is no conversation ${quoted(id)}.`, {
    remedy: 'List them with `orchestrator chat list`.',
  });
}

async function say(parts: ClientParts, id: string, raw: Said): Promise<{ number: number; messageId: string }> {
  const said = checkInput(messageSchema, raw, { what: 'The message' });
  await find(parts, id);
  const { store, tenant, workflows } = parts;
  const { text, messageId = newGoalId(), author, startsGoals } = said;
  const goalId = conversationKey(id);
  const [ref, next] = await Promise.all([
    store.blobs.put(tenant, Buffer.from(text)),
    store.conversations.next(tenant, goalId),
  ]);
  const { number } = await workflows.say({ goalId, tenant, next }, { text: ref, author, messageId, startsGoals });
  return { number, messageId };
}

async function* watch(parts: ClientParts, id: string, raw: z.input<typeof watchSchema>): AsyncGenerator<GoalEvent> {
  const options = checkInput(watchSchema, raw, { what: 'The watch' });
  await find(parts, id);
  yield* parts.store.events.watch(parts.tenant, conversationKey(id), options);
}
