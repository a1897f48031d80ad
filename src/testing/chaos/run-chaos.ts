/** One chaos run: goals go in while faults hit everything, then all is let finish and the accounts are read. Test kit, host side. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounts } from './accounts.ts';
import { describeFault, inject } from './inject.ts';
import { openGoals, readAccounts } from './read-accounts.ts';
import type { Stage } from './stage.ts';
import { submitGoals } from './submit-goals.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly say: (line: string) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** What is open when the faults are over gets so long to end. */
const DRAIN_MS = 90_000;
const POLL_MS = 250;

/** Runs it on a stage that is set. */
export async function runChaos(stage: Stage, { seed, minutes, say, signal }: ChaosOptions): Promise<Accounts> {
  const startedAt = Date.now();
  const over = new AbortController();
  const stopping = AbortSignal.any([signal, over.signal]);
  try {
    const submitter = submitGoals(stage.client, { seed, signal: stopping });
    const faults = await inject(stage, {
      ...{ seed, minutes, signal: stopping },
      onFault: (fault) => {
        const at = ((fault.at - startedAt) / 1_000).toFixed(1).padStart(6);
        say(`${at} s  ${fault.number} ${describeFault(fault)} (${fault.key})`);
      },
    });
    say('No more faults: what is open may end');
    const submissions = await submitter.finish();
    await drain(stage, stopping);
    return { seed, minutes, faults, submissions, ...(await readAccounts(stage)), stalls: stage.stalls };
  } finally {
    over.abort();
  }
}

async function drain(stage: Stage, signal: AbortSignal): Promise<void> {
  for (const until = Date.now() + DRAIN_MS; Date.now() < until && !signal.aborted; await sleep(POLL_MS)) {
    if ((await openGoals(stage)) === 0) return;
  }
}
