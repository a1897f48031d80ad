/** The client of a chaos run as a process of its own: submits, cancels, raises budgets. Test kit, host side; started by `startChild`. */
import { connectTo } from '../../client/connect.ts';
import type { Config } from '../../core/config.ts';
import type { StoreConnection } from '../../store/connection.ts';
import type { StartedGoal } from '../../store/store.ts';
import { answer } from '../answer.ts';
import { chaosGoal } from './chaos-goals.ts';

/** Its argument. */
export interface ClientInput {
  readonly config: Config;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly store: StoreConnection;
  readonly seed: number;
}

const { config, temporal, store, seed } = JSON.parse(process.argv[2] ?? '{}') as ClientInput;
const client = await connectTo({ temporal, store, simulated: true }, config);

/** Raises the budget of every goal that waits for it, generously: once is enough for most. Gives the number of open goals. */
async function raiseWaiting(): Promise<number> {
  const open = await client.list({
    status: ['queued', 'planning', 'running', 'synthesising', 'cancelling'],
    limit: 1_000,
  });
  const waiting = open.filter(({ awaiting }) => awaiting === 'budget');
  for (const { goalId } of waiting) {
    const { budget } = await client.show(goalId);
    const budgetUsd = (budget?.capMicroUsd ?? 0) / 1_000_000 + 0.05;
    // It may have ended meanwhile.
    await client.raiseBudget(goalId, { budgetUsd, author: 'chaos' }).catch(() => undefined);
  }
  return open.length;
}

answer({
  submit: (number: number): Promise<StartedGoal> => client.start(chaosGoal(seed, number).request),
  cancel: (goalId: string) => client.cancel(goalId),
  raiseWaiting,
});
