/** Tells the conversation that started a goal that it has ended; it may have continued as new since. Workflow side. */
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { conversationOf } from '../../core/contracts/ids.ts';
import { childEndedSignal } from '../../core/contracts/messages.ts';
import type { GoalRun } from './goal-run.ts';

const ACCOUNT = /^goal\/(.+)$/;

/** The end is in the store already; a conversation whose workflow is gone is told nothing. */
export async function reportEnd({ input, opened }: GoalRun): Promise<void> {
  const parent = ACCOUNT.exec(input.parentAccount ?? opened.parentAccount ?? '')?.[1] ?? '';
  if (conversationOf(parent) === undefined) return;
  try {
    await getExternalWorkflowHandle(parent).signal(childEndedSignal, { goalId: input.goalId });
  } catch {
    // Nobody listens any more.
  }
}
