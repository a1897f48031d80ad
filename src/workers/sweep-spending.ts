/** Settles now and then what is known by nobody else: reservations of dead attempts, batches of goals that have ended. Host side. */
import { settleOrphans } from '../activities/batch/settle.ts';
import type { ModelDeps } from '../activities/model-activities.ts';

/** No attempt at a model call can be this old: 70 minutes are the longest. */
const LONGEST_CALL_MS = 75 * 60_000;
const EVERY_MS = 60 * 60_000;

/** Sweeps at once and then every hour; gives what stops it. When the store or Claude is away, the next time. */
export function sweepSpending(deps: Pick<ModelDeps, 'store' | 'claude'>): () => void {
  const sweep = () => {
    void deps.store.budget.sweep(LONGEST_CALL_MS).catch(() => undefined);
    void settleOrphans(deps).catch(() => undefined);
  };
  sweep();
  const timer = setInterval(sweep, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
