/** Writes down an answer that was paid for, also when the store is away for a while. Activity side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import type { CallModelResult } from '../core/contracts/calls.ts';
import { failureType } from '../core/failures.ts';
import type { FinishedCall, Store } from '../store/store.ts';

/** How long the store may be away before the answer is given up, and the call made and paid again. */
const GIVE_UP_MS = 120_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/** Records `call`; while the store does not answer it is tried again, with the caller's heartbeats going on. */
export async function recordPaid(
  store: Pick<Store, 'journal'>,
  call: FinishedCall,
  signal: AbortSignal,
): Promise<CallModelResult> {
  const endsAt = performance.now() + GIVE_UP_MS;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)) {
    try {
      return await store.journal.record(call);
    } catch (error) {
      if (failureType(error) !== 'store.unavailable' || performance.now() > endsAt) throw error;
      if (delayMs === FIRST_DELAY_MS) sayKept(error);
      await sleep(delayMs, undefined, { signal });
    }
  }
}

/** The reason alone: what led to it names the statement, with the answer in it. */
function sayKept(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  log.warn('a paid answer is kept until it can be written down', { reason });
}
