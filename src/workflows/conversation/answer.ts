/** The answer to one message: turns of the manager until one needs no tool. Workflow side. */
import { condition, isCancellation } from '@temporalio/workflow';
import type { TurnOutcome } from '../../core/contracts/calls.ts';
import type { TakeMessageResult } from '../../core/contracts/conversation.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import { type GoalProxies, goalProxies } from '../goal/activities.ts';
import { label, reasonOf } from '../goal/label.ts';
import { chatActivities } from './activities.ts';
import type { Chat, Message } from './chat.ts';
import { runChatTools } from './run-chat-tools.ts';

/** Turns that one message gets. */
const MAX_TURNS = 10;

/** Answers `message`, or says why there is no answer; then the next one's turn has come. */
export async function answer(chat: Chat, message: Message): Promise<void> {
  const reason = await attempt(chat, message).catch((error: unknown) => {
    if (isCancellation(error)) throw error;
    return reasonOf(error);
  });
  if (reason !== undefined) chat.outbox.emit('chat-failed', { number: message.number, reason }, pseudoTask.chat);
  await condition(() => chat.outbox.idle);
}

/** Gives why the message was not answered. */
async function attempt(chat: Chat, message: Message): Promise<string | undefined> {
  const { goalId, tenant } = chat.input;
  const { kind: _kind, ...said } = message;
  const input = { goalId, tenant, event: chat.outbox.takeNumber(), ...said };
  const taken = await chat.lane.run(() => chatActivities.takeMessage(input));
  const { model } = goalProxies(taken.queues);
  for (let turn = 1; turn <= MAX_TURNS; turn++) {
    const outcome = await takeTurn(chat, { model, taken, number: message.number, turn });
    if (outcome.kind === 'replied') return undefined;
    if (outcome.kind === 'refused') return label(`${outcome.type ?? 'refused'}: ${outcome.reason}`);
    if (outcome.kind === 'tools') await runChatTools(chat, { message, turn }, outcome.calls);
  }
  return `no answer within ${MAX_TURNS} turns`;
}

interface Turn {
  readonly model: GoalProxies['model'];
  readonly taken: TakeMessageResult;
  readonly number: number;
  readonly turn: number;
}

async function takeTurn({ input }: Chat, { model, taken, number, turn }: Turn): Promise<TurnOutcome> {
  const { goalId, tenant } = input;
  const options = { activityId: `m${number}.${turn}`, summary: `message ${number} · turn ${turn}` };
  const { outcome } = await model.callModel.executeWithOptions(options, [
    {
      ...{ goalId, tenant, snapshot: taken.snapshot, purpose: 'chat', taskId: pseudoTask.chat },
      ...{ revision: number, turn, agent: 'chat-manager', tier: 'balanced', effort: 'S', opening: { kind: 'start' } },
    },
  ]);
  return outcome;
}
