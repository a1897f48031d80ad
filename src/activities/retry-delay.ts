/** How long a failed model request waits for its next attempt. Host side, pure. */
import type { ClaudeFailure } from '../integrations/claude/errors.ts';

const FIRST_MS = 1_000;
/** With at least half of it waited each time, the five requests of a call outlast a line that is cut for 10 s. */
const CONNECTION_FIRST_MS = 2_000;
const CAP_MS = 60_000;

/**
 * The API's own delay when it named one; at least the probe interval when it is overloaded, limiting or out of reach, which
 * may last for any number of attempts; else back-off 1 s × 2^(attempt − 1), capped at 60 s, with full jitter (at least 250 ms); from 2 s on and at least half of it after a
 * broken connection. `attempt` counts from 1.
 */
export function retryDelayMs(failure: ClaudeFailure, call: { attempt: number; probeIntervalMs: number }): number {
  if (failure.overload || !failure.counts) return Math.max(failure.delayMs ?? 0, call.probeIntervalMs);
  if (failure.delayMs !== undefined) return failure.delayMs;
  const broken = failure.type === 'model.connection';
  const ceiling = Math.min(CAP_MS, (broken ? CONNECTION_FIRST_MS : FIRST_MS) * 2 ** Math.min(call.attempt - 1, 20));
  if (broken) return Math.round((ceiling / 2) * (1 + Math.random()));
  return Math.max(250, Math.round(Math.random() * ceiling));
}
