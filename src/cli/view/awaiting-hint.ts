/** How to let a goal that waits for a person go on. Pure. */
import type { GoalEvent } from '../../core/events.ts';

/** What to do about an `awaiting` event for the budget; nothing for others. */
export function awaitingHint(event: GoalEvent): string | undefined {
  return event.type === 'awaiting' && event.data.awaiting === 'budget' ? raiseHint(event.goalId) : undefined;
}

/** The command that lets a goal without money go on. */
export function raiseHint(goalId: string): string {
  return `\`orchestrator goals raise-budget ${goalId} <usd>\` lets it go on`;
}
