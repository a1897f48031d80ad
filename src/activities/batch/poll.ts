/** Looks at batches, and questions about them to the API. Activity side. */
import type { BatchInput } from '../../core/contracts/batches.ts';
import { failure } from '../../core/failures.ts';
import { classifyClaudeError } from '../../integrations/claude/errors.ts';
import type { ModelDeps } from '../model-activities.ts';

/** Looks at a batch, and says that its calls are still waited for. */
export async function pollBatch(deps: ModelDeps, input: BatchInput, signal: AbortSignal) {
  await deps.store.batches.touch(input, input.batchId);
  return asking(() => deps.claude.batches.state(input.batchId, { signal }), signal);
}

/** What the API throws, as a failure that says whether to try again. */
export async function asking<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted) throw error;
    const { type, message } = classifyClaudeError(error);
    throw failure(type, message);
  }
}
