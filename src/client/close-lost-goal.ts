/** Closing a goal whose workflow is gone (terminated by hand, or its Temporal data lost), so that nothing stays open for ever. Host side. */
import type { Census } from '../core/contracts/goal.ts';
import type { GoalDetail } from '../core/goal.ts';
import type { ClientParts } from './client-parts.ts';

const LOST = 'Its workflow no longer exists in Temporal.';

/** Ends the goal in the store as cancelled, with what the store knows as its census. */
export async function closeLostGoal(parts: ClientParts, detail: GoalDetail, reason = LOST): Promise<void> {
  const { goalId, tenant } = detail;
  await parts.store.goals.close({
    goalId,
    tenant,
    status: 'cancelled',
    reason,
    census: await censusOf(parts, detail),
    events: [{ type: 'goal-end', data: { status: 'cancelled', reason } }],
  });
}

async function censusOf(parts: ClientParts, detail: GoalDetail): Promise<Census> {
  const totals = await parts.store.goals.totals(detail.tenant, detail.goalId);
  const tasks = (status: string): number => detail.tasks.filter((task) => task.status === status).length;
  const verdicts = (verdict: string): number => detail.criteria.filter((entry) => entry.verdict === verdict).length;
  const [done, failed, skipped] = [tasks('done'), tasks('failed'), tasks('skipped')];
  const total = detail.tasks.length;
  return {
    ...totals,
    tasks: { total, done, failed, skipped, cancelled: total - done - failed - skipped, retried: 0, revised: 0 },
    criteria: {
      total: detail.criteria.length,
      pass: verdicts('pass'),
      fail: verdicts('fail'),
      unverified: verdicts('unverified'),
    },
    replans: 0,
    fallbacks: ['workflow.lost'],
    durationMs: Math.max(0, Date.now() - Date.parse(detail.startedAt ?? detail.createdAt)),
    criticalPathMs: 0,
    verified: false,
  };
}
