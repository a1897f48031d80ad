/** Tells the conversation that started a goal that it has ended; it may have continued as new since. Workflow side. */
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { conversationOf } from '../../core/contracts/ids.ts';
import { childEndedSignal } from '../../core/contracts/messages.ts';
import type { GoalRun } from './goal-run.ts';

const ACCOUNT = /^goal\/(.+)$/;

/** The workflow of the conversation that started the goal. */
export function startedBy({ input, opened }: GoalRun): string | undefined {
  const parent = ACCOUNT.exec(input.parentAccount ?? opened.parentAccount ?? '')?.[1] ?? '';
  return conversationOf(parent) === undefined ? undefined : parent;
}

/** The end is in the store already; a conversation whose workflow is gone is told nothing. */
export async function reportEnd({ input }: GoalRun, conversation: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(conversation).signal(childEndedSignal, { goalId: input.goalId });
  } catch {
    // Nobody listens any more.
  }
}
