/** A goal that the conversation started has ended: the conversation says so. Workflow side. */
import { isCancellation } from '@temporalio/workflow';
import type { ConversationItem } from '../../core/contracts/conversation.ts';
import { chatActivities } from './activities.ts';
import type { Chat } from './chat.ts';

/** Writes it down; a goal that the store does not know is passed over. */
export async function takeEnd(
  { input, outbox, lane }: Chat,
  item: ConversationItem & { kind: 'ended' },
): Promise<void> {
  const { goalId: conversation, tenant } = input;
  const { goalId, number } = item;
  try {
    const end = { conversation, tenant, goalId, number, event: outbox.takeNumber() };
    await lane.run(() => chatActivities.takeEnd(end));
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}
