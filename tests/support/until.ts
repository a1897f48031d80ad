/** Waiting for the world outside, with the one bound that every test has: a slow machine may need it. Tests only. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How long anything may take that is no figure of a guarantee; Jest's own limit for a test is above it. */
export const PATIENCE_MS = 120_000;

const EVERY_MS = 25;

/**
 * Asks again and again until the answer is neither undefined, null nor false, and gives that answer. Errors: after
 * `timeoutMs`, saying `what` was waited for; those of the probe.
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string | (() => string) = 'what was waited for',
  timeoutMs = PATIENCE_MS,
): Promise<Exclude<T, undefined | null | false>> {
  for (const deadline = Date.now() + timeoutMs; ; await sleep(EVERY_MS)) {
    const answer = await probe();
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as Exclude<T, undefined | null | false>;
    }
    if (Date.now() > deadline) {
      const missed = typeof what === 'string' ? what : what();
      throw new Error(`${missed} did not come to pass within ${timeoutMs / 1_000} s`);
    }
  }
}
