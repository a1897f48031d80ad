/** Tells a cancel from a failure, also when the cancelled work was lost with its worker. Workflow side. */
import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';

/**
 * Throws when `error` is a cancellation, or ends work whose scope was cancelled: Temporal does not try cancelled work
 * again, so that it ends as timed out when its worker dies.
 */
export function rethrowCancel(error: unknown): void {
  if (isCancellation(error)) throw error;
  if (!CancellationScope.current().consideredCancelled) return;
  throw new CancelledFailure('cancelled while its worker was lost', [], error instanceof Error ? error : undefined);
}
