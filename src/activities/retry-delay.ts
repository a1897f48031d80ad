/** How long a failed model request waits for its next attempt. Host side, pure. */
import type { ClaudeFailure } from '../integrations/claude/errors.ts';

const FIRST_MS = 1_000;
const CAP_MS = 60_000;

/**
 * The API's own delay when it named one; at least the probe interval when it is overloaded or limiting; else back-off
 * 1 s × 2^(attempt − 1), capped at 60 s, with full jitter (at least 250 ms). `attempt` counts from 1.
 */
export function retryDelayMs(failure: ClaudeFailure, call: { attempt: number; probeIntervalMs: number }): number {
  if (failure.overload) return Math.max(failure.delayMs ?? 0, call.probeIntervalMs);
  if (failure.delayMs !== undefined) return failure.delayMs;
  const ceiling = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(call.attempt - 1, 20));
  return Math.max(250, Math.round(Math.random() * ceiling));
}
