/** Activities of goals whose calls go through the Message Batches API: each is short, the waiting is the workflow's. Activity side. */
import type { BatchActivities } from '../core/contracts/batches.ts';
import { collectBatch } from './batch/collect.ts';
import { asking, pollBatch } from './batch/poll.ts';
import { submitBatch } from './batch/submit.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { ModelDeps } from './model-activities.ts';

/** Batch activities of `model` workers. A halted goal sends no batch; what was sent before is read all the same. */
export function createBatchActivities(deps: ModelDeps): BatchActivities {
  return {
    submitBatch: (input) =>
      withHeartbeat((beating) => deps.halts.guard(input, beating, (signal) => submitBatch(deps, input, signal))),
    pollBatch: (input) => withHeartbeat((signal) => pollBatch(deps, input, signal)),
    collectBatch: (input) => withHeartbeat((signal) => asking(() => collectBatch(deps, input, signal), signal)),
    cancelBatch: (input) =>
      withHeartbeat((signal) => asking(() => deps.claude.batches.cancel(input.batchId, { signal }), signal)),
  };
}
