/** What people say in a conversation and decide in it, and what its goals tell it. Workflow side. */
import { setHandler } from '@temporalio/workflow';
import { isDecideInput } from '../../core/contracts/approvals.ts';
import {
  isSendMessageInput,
  MAX_QUEUED,
  type SendMessageInput,
  type SendMessageResult,
} from '../../core/contracts/conversation.ts';
import { childEndedSignal, decideUpdate, sendMessageUpdate } from '../../core/contracts/messages.ts';
import { failure } from '../../core/failures.ts';
import type { Chat } from './chat.ts';

/** Sets the handlers; none of them waits. Call it before the workflow's first await. */
export function registerChat(chat: Chat): void {
  setHandler(sendMessageUpdate, (message) => take(chat, message), { validator: (message) => check(chat, message) });
  setHandler(childEndedSignal, ({ goalId }) => {
    chat.queue.push({ kind: 'ended', number: chat.nextNumber++, goalId });
  });
  setHandler(decideUpdate, (input) => chat.approvals.decide(input), {
    validator: (input) => {
      if (!isDecideInput(input)) throw failure('control.invalid', 'the decision is not as it should be');
      chat.approvals.check(input);
    },
  });
}

/** Throws unless the message can be taken, or was taken before. */
function check({ queue, known }: Chat, message: unknown): void {
  if (!isSendMessageInput(message)) throw failure('control.invalid', 'the message is not as it should be');
  if (known.has(message.messageId) || queue.length < MAX_QUEUED) return;
  throw failure('conversation.full', `${MAX_QUEUED} messages wait for their answers`);
}

/** The same id is the same message, also after the workflow continued as new. */
function take(chat: Chat, message: SendMessageInput): SendMessageResult {
  const { messageId } = message;
  const number = chat.known.get(messageId) ?? chat.nextNumber++;
  if (!chat.known.has(messageId)) {
    chat.known.set(messageId, number);
    chat.queue.push({ kind: 'message', number, ...message });
  }
  return { number };
}
