import { nobodyAsked } from '../../src/client/examine/nobody-asked.ts';
import type { OpenGoal, Store } from '../../src/store/store.ts';
import { goalDetail } from './fake-parts.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');

/** A store with so many open items, and the goal as it is when it is read again. */
function partsWith(items: number, awaitingNow: string | null = 'tool') {
  const store = {
    approvals: { list: async () => Array.from({ length: items }) },
    goals: { detail: async () => goalDetail('g', { awaiting: awaitingNow as never }) },
  } as unknown as Store;
  return { store, tenant: 'default' };
}

const waiting = (awaiting: string | null, seconds: number): OpenGoal => ({
  ...{ goalId: 'g', status: 'running', awaiting, createdAt: '2026-11-19T12:00:00.000Z' },
  awaitingSince: new Date(NOW - seconds * 1_000).toISOString(),
});

describe('nobodyAsked', () => {
  it.each([
    ['no item is open', partsWith(0), waiting('tool', 60)],
    ['no item of a plan is open', partsWith(0, 'plan'), waiting('plan', 60)],
  ] as const)('%s → told, with a way out', async (_name, parts, goal) => {
    expect(await nobodyAsked(parts, goal, NOW)).toMatchObject([
      {
        goalId: 'g',
        kind: 'nobody-asked',
        detail: expect.stringContaining(goal.awaiting ?? ''),
        remedy: expect.stringMatching(/cancel g/),
      },
    ]);
  });

  it.each([
    ['an item is open', partsWith(1), waiting('tool', 60)],
    ['it has just been asked', partsWith(0), waiting('tool', 10)],
    ['it was decided meanwhile', partsWith(0, null), waiting('tool', 60)],
    ['money is awaited, which needs no item', partsWith(0, 'budget'), waiting('budget', 60)],
    ['nothing is awaited', partsWith(0), waiting(null, 60)],
  ] as const)('%s → nothing to tell', async (_name, parts, goal) => {
    expect(await nobodyAsked(parts, goal, NOW)).toEqual([]);
  });
});
