/** Submits goals at a steady rate until told to stop, with the patience of a client that has idempotency keys. Test kit, host side. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedGoal } from '../../store/store.ts';
import { chaosGoal } from './chaos-goals.ts';
import type { Actor } from './stage.ts';

const EVERY_MS = 700;
/** With so many open goals the next one waits: a busy machine gets no backlog. */
const MOST_OPEN = 30;
const RETRY_MS = 200;
const RAISE_EVERY_MS = 500;

/** A goal that the client was told is there. Times in epoch ms. */
export interface Acknowledged {
  readonly number: number;
  readonly goalId: string;
  readonly at: number;
}

/** What the client saw. */
export interface Submissions {
  readonly acknowledged: readonly Acknowledged[];
  /** Requests made for them, and how many were answered with an error or not at all. */
  readonly attempts: number;
  readonly failed: number;
}

export interface Submitter {
  /** Stops with the goal that is under way; resolves when it, too, is acknowledged. */
  finish(): Promise<Submissions>;
}

/** Begins at once. Cancels go out when they are due, also after `finish`; raises go on until `signal`. */
export function submitGoals(client: Actor, { seed, signal }: { seed: number; signal: AbortSignal }): Submitter {
  const acknowledged: Acknowledged[] = [];
  const [finishing, counts] = [new AbortController(), { attempts: 0, failed: 0 }];
  const cancels: Promise<void>[] = [];
  let open = 0;
  const ask = <T>(name: string, argument?: unknown): Promise<T> => client.process.current.ask<T>(name, argument);
  const submitting = (async () => {
    for (let number = 1; !finishing.signal.aborted && !signal.aborted; number++) {
      const nextAt = performance.now() + EVERY_MS;
      while (open >= MOST_OPEN && !finishing.signal.aborted) await pause(RETRY_MS, finishing.signal);
      const goalId = await persist(() => ask<StartedGoal>('submit', number), counts, signal);
      if (goalId === undefined) return;
      acknowledged.push({ number, goalId, at: Date.now() });
      const { cancelAfterMs } = chaosGoal(seed, number);
      if (cancelAfterMs !== undefined) cancels.push(cancel(() => ask('cancel', goalId), cancelAfterMs, signal));
      await pause(nextAt - performance.now(), finishing.signal);
    }
  })();
  void (async () => {
    for (; !signal.aborted; await pause(RAISE_EVERY_MS, signal)) {
      open = await ask<number>('raiseWaiting').catch(() => open);
    }
  })();
  return {
    finish: async () => {
      finishing.abort();
      await submitting;
      await Promise.all(cancels);
      return { acknowledged, ...counts };
    },
  };
}

/** Asks until there is an answer. */
async function persist(
  submit: () => Promise<StartedGoal>,
  counts: { attempts: number; failed: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  while (!signal.aborted) {
    counts.attempts += 1;
    try {
      return (await submit()).goalId;
    } catch {
      counts.failed += 1;
      await pause(RETRY_MS, signal);
    }
  }
  return undefined;
}

async function cancel(ask: () => Promise<unknown>, afterMs: number, signal: AbortSignal): Promise<void> {
  await pause(afterMs, signal);
  for (let gone = false; !gone && !signal.aborted; ) {
    gone = await ask().then(
      () => true,
      // It has ended before.
      (error: Error) => /goal\.closed|has ended/.test(error.message),
    );
    if (!gone) await pause(RETRY_MS, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}
