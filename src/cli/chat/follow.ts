/** Follows a conversation's events and tells who waits that a message has its answer. Host side. */
import type { GoalEvent } from '../../core/events.ts';
import type { ChatSession } from './session.ts';

/** Events as they come. `answered` resolves when the message of this number was answered, or will not be. */
export interface ChatFollower {
  answered(number: number): Promise<void>;
  stop(): Promise<void>;
}

/** Hands every event after `afterSeq` to `show`, in order. */
export function followChat(
  { client, conversationId }: ChatSession,
  { afterSeq, show }: { readonly afterSeq: number; readonly show: (event: GoalEvent) => void | Promise<void> },
): ChatFollower {
  const stopping = new AbortController();
  const waiting = new Map<number, () => void>();
  let last = 0;
  const following = (async () => {
    const events = client.conversations.watch(conversationId, { afterSeq, signal: stopping.signal });
    for await (const event of events) {
      await show(event);
      const number = endOf(event);
      if (number === undefined) continue;
      last = Math.max(last, number);
      waiting.get(number)?.();
    }
  })();
  const failed = following.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return {
    answered: (number) =>
      Promise.race([
        failed,
        new Promise<void>((resolve) => {
          if (number <= last) resolve();
          else waiting.set(number, resolve);
        }),
      ]),
    async stop() {
      stopping.abort();
      await following.catch(() => undefined);
    },
  };
}

/** The number of the message that is over with this event. */
function endOf({ type, data }: GoalEvent): number | undefined {
  const ends = type === 'chat-failed' || (type === 'chat-reply' && data.last === true);
  return ends && typeof data.number === 'number' ? data.number : undefined;
}

/** The number of the last event there is, so that only new ones are shown. */
export async function lastSeq({ client, conversationId }: ChatSession): Promise<number> {
  let seq = 0;
  for (;;) {
    const page = await client.conversations.read(conversationId, { afterSeq: seq });
    const found = page.at(-1)?.seq;
    if (found === undefined) return seq;
    seq = found;
  }
}
