/** A conversation with the manager: messages are answered one after the other, for as long as there are any. Workflow side. */
import { allHandlersFinished, condition, continueAsNew, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { ConversationInput } from '../core/contracts/conversation.ts';
import { answer } from './conversation/answer.ts';
import { type Chat, carryChat, newChat } from './conversation/chat.ts';
import { registerChat } from './conversation/controls.ts';
import { takeEnd } from './conversation/take-end.ts';

/** Events of one run; each message has about twenty. */
const CONTINUE_AFTER = 2_000;

// A conversation lasts for months: where builds are told apart it goes on with the build of the day.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  conversationWorkflow,
);

/** Runs until it is cancelled; what it knows is in the store, so that a new one can take its place. */
export async function conversationWorkflow(input: ConversationInput): Promise<never> {
  const chat = newChat(input);
  registerChat(chat);
  for (;;) {
    await condition(() => chat.queue.length > 0 || isLong(chat));
    const [item] = chat.queue;
    if (item?.kind === 'message') await answer(chat, item);
    if (item?.kind === 'ended') await takeEnd(chat, item);
    if (item) chat.queue.shift();
    if (isLong(chat)) await goOn(chat);
  }
}

function isLong({ input }: Chat): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength > (input.continueAfter ?? CONTINUE_AFTER) || continueAsNewSuggested;
}

async function goOn(chat: Chat): Promise<never> {
  await condition(() => allHandlersFinished() && chat.outbox.idle);
  return continueAsNew<typeof conversationWorkflow>(carryChat(chat));
}
