/** How to let a goal that waits for a person go on. Pure. */
import { accountIn } from '../../core/contracts/budget.ts';
import { goalWorkflowId } from '../../core/contracts/ids.ts';
import type { GoalEvent } from '../../core/events.ts';
import { quoted } from './typed.ts';

/** What to do about an `awaiting` event, where a command does it; `withTyped` completes the command. */
export function awaitingHint({ type, goalId, data }: GoalEvent): string | undefined {
  const itemId = quoted(`${goalWorkflowId(goalId)}#${data.itemId}`);
  if (type === 'approval-request' && data.kind === 'plan') return planHint(itemId);
  if (type === 'approval-request' && data.kind === 'budget')
    return `\`orchestrator approvals show ${itemId}\` shows how much`;
  if (type !== 'awaiting') return undefined;
  return hintFor(data.awaiting, goalId, typeof data.reason === 'string' ? data.reason : '');
}

/** The same for what a goal awaits now, and why. */
export function hintFor(awaiting: unknown, goalId: string, reason: string): string | undefined {
  switch (awaiting) {
    case 'budget':
      return raiseHint(goalId, reason);
    case 'credentials':
    case 'resume':
      return `\`orchestrator goals resume ${goalId}\` lets it go on`;
    case 'plan':
    case 'tool':
    case 'answer':
      return `\`orchestrator approvals list ${goalId}\` shows what to decide`;
    default:
      return undefined;
  }
}

function planHint(id: string): string {
  return `\`orchestrator approvals show ${id}\` shows the plan; approve in place of show lets it run, deny --note <text> sends it back`;
}

/** The command that lets a goal without money go on: the reason names the account that is used up. */
function raiseHint(goalId: string, reason: string): string {
  const account = accountIn(reason);
  const command = account === undefined ? `goals raise-budget ${goalId}` : `budget raise ${account}`;
  return `\`orchestrator ${command} <usd>\` lets it go on`;
}
