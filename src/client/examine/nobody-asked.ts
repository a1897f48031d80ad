/** Finds goals that wait for a decision although nobody can see what to decide. Host side. */
import type { OpenGoal } from '../../store/store.ts';
import type { ClientParts } from '../client-parts.ts';
import { type GoalFinding, isDecision } from './judge-goal.ts';

/** Time within which what is to be decided is in the store. */
const GRACE_MS = 20_000;

/** A finding when the goal has awaited a decision for a while and no item of it is open, and it still does. */
export async function nobodyAsked(
  { store, tenant }: Pick<ClientParts, 'store' | 'tenant'>,
  { goalId, awaiting, awaitingSince }: OpenGoal,
  nowMs: number,
): Promise<GoalFinding[]> {
  if (awaiting === null || awaitingSince === null || !isDecision(awaiting)) return [];
  if (nowMs - Date.parse(awaitingSince) < GRACE_MS) return [];
  const open = await store.approvals.list({ tenant, goalId, open: true, limit: 1 });
  if (open.length > 0) return [];
  // It may have been decided since the goal was read.
  const now = await store.goals.detail(tenant, goalId);
  if (now?.awaiting !== awaiting || now.endedAt !== null) return [];
  return [
    {
      goalId,
      kind: 'nobody-asked',
      detail: `it waits for ${awaiting}, and there is nothing to decide`,
      remedy: `Report it. \`orchestrator goals cancel ${goalId}\` ends the goal with what it has.`,
    },
  ];
}
