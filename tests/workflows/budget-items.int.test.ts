/** A wait for money as a work item: asked with exact facts, decided once, in time, over runs of the workflow (G8, G10). */
import type { DecideInput, DecideResult } from '../../src/core/contracts/approvals.ts';
import type { GoalLimits } from '../../src/core/contracts/goal.ts';
import {
  budgetRaisedSignal,
  decideUpdate,
  getStatusQuery,
  pauseSignal,
  raiseBudgetUpdate,
  resumeSignal,
} from '../../src/core/contracts/messages.ts';
import { failure, failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { type FakeActivities, fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Handle = Awaited<ReturnType<GoalBench['start']>>;
interface Raise {
  readonly account?: string;
  readonly budgetMicroUsd: number;
}

const CALL = 300_000;

/** A goal of two tasks at once, each of whose calls costs 0.30 USD at most, from an account that holds `capMicroUsd`. */
function poorGoal(goalId: string, limits: Partial<GoalLimits> = {}, account = `goal/${goalId}`) {
  const money = { capMicroUsd: 100_000, settledMicroUsd: 0 };
  const raises: Raise[] = [];
  const fake = fakeActivities({
    taskQueue: bench.taskQueue,
    limits: { budgetMicroUsd: 100_000, ...limits },
    given: skeleton([task('a'), task('b')]),
    script: () => {
      if (money.settledMicroUsd + CALL > money.capMicroUsd) {
        const details = { account, ...money, reservedMicroUsd: 0, neededMicroUsd: CALL };
        throw failure('budget.exhausted', `the next call may cost $0.3000, ${account} has too little`, { details });
      }
      money.settledMicroUsd += 10_000;
      return submitted();
    },
  });
  const raiseGoalBudget = async (raise: Raise) => {
    raises.push(raise);
    money.capMicroUsd = Math.max(money.capMicroUsd, raise.budgetMicroUsd);
    return { budgetMicroUsd: money.capMicroUsd };
  };
  return { fake, money, raises, activities: { ...fake.activities, raiseGoalBudget } };
}

const told = (fake: FakeActivities, type: string) => fake.events.filter((event) => event.type === type);
const asked = (fake: FakeActivities, times = 1) =>
  until(async () =>
    told(fake, 'approval-request').length >= times ? told(fake, 'approval-request').at(-1) : undefined,
  );
const decide = (handle: Handle, input: Partial<DecideInput>): Promise<DecideResult> =>
  handle.executeUpdate(decideUpdate, {
    args: [{ itemId: 'budget.100000', hash: '', verdict: 'approve', author: 'ada', ...input }],
  });
/** Makes the history so large that the workflow continues as new, paused. */
async function continueAsNew(handle: Handle): Promise<void> {
  const { runId } = await handle.describe();
  for (let sent = 0; sent < 9 * 8; sent++) await handle.signal(pauseSignal, { author: 'x'.repeat(125_000) });
  await until(async () => {
    if ((await handle.describe()).runId !== runId) return true;
    await handle.signal(pauseSignal, { author: 'me' });
    return undefined;
  });
}

const refusalOf = (answer: Promise<unknown>) => answer.then(() => 'taken', failureType);

describe('a goal that waits for money', () => {
  it('is asked with account, limit and need; bad verdicts refused; two approve at once → one, raised, it goes on', async () => {
    const { fake, raises, activities } = poorGoal('budget-approved');
    await bench.withWorker(activities, async () => {
      const handle = await bench.start('budget-approved');
      const { data } = (await asked(fake)) ?? { data: {} };
      expect(data).toMatchObject({
        ...{ itemId: 'budget.100000', kind: 'budget', account: 'goal/budget-approved', calls: 2, onExpiry: 'deny' },
        ...{ capMicroUsd: 100_000, settledMicroUsd: 0, reservedMicroUsd: 0, neededMicroUsd: 2 * CALL },
        ...{ leastMicroUsd: CALL, raiseToMicroUsd: 2 * CALL },
      });
      expect(data.title).toBe('may goal/budget-approved spend $0.6000 in place of $0.1000? 2 calls may cost $0.6000');
      const hash = String(data.hash);
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect((await handle.query(getStatusQuery)).awaiting).toBe('budget');
      for (const [input, type] of [
        [{ hash: 'f'.repeat(64) }, 'approval.stale'],
        [{ hash, itemId: 'budget.1' }, 'approval.unknown'],
        [{ hash, budgetUsd: 0.299_999 }, 'budget.invalid'],
        [{ hash, budgetUsd: Number.NaN }, 'control.invalid'],
        [{ hash, budgetUsd: '5' as unknown as number }, 'control.invalid'],
        [{ hash, budgetUsd: 100_001 }, 'control.invalid'],
        [{ hash, verdict: 'deny', budgetUsd: 5 }, 'control.invalid'],
        [{ hash, colour: 'red' } as Partial<DecideInput>, 'control.invalid'],
      ] as const) {
        expect([input, await refusalOf(decide(handle, input))]).toEqual([input, type]);
      }
      expect(raises).toEqual([]);
      const verdicts = await Promise.all(
        ['ada', 'bob'].map((author, at) => decide(handle, { hash, author, budgetUsd: 2 + at })),
      );
      expect(verdicts.filter(({ applied }) => applied)).toHaveLength(1);
      expect(new Set(verdicts.map(({ by }) => by)).size).toBe(1);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-approved');
    });
    expect(raises).toHaveLength(1);
    expect([2_000_000, 3_000_000]).toContain(raises[0]?.budgetMicroUsd);
    expect(raises[0]?.account).toBeUndefined();
    expect(told(fake, 'approval-request')).toHaveLength(1);
    expect(told(fake, 'approval-decided')).toHaveLength(1);
    expect(told(fake, 'approval-withdrawn')).toHaveLength(0);
    expect(told(fake, 'budget-raised')).toMatchObject([{ data: { author: expect.stringMatching(/^(ada|bob)$/) } }]);
  });

  it('approved without a figure, of an account above → that account is raised by what is needed; asked again for more', async () => {
    const { fake, raises, activities } = poorGoal('budget-above', {}, 'schedule/weekly');
    await bench.withWorker(activities, async () => {
      const handle = await bench.start('budget-above');
      const first = await asked(fake);
      await decide(handle, { hash: String(first?.data.hash) });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-above');
    });
    expect(raises).toMatchObject([{ account: 'schedule/weekly', budgetMicroUsd: 2 * CALL }]);
    expect(told(fake, 'budget-raised')).toMatchObject([{ data: { account: 'schedule/weekly', author: 'ada' } }]);
  });

  it('denied → ends with what is there; whoever comes later is told by whom', async () => {
    const { fake, money, raises, activities } = poorGoal('budget-denied');
    money.capMicroUsd = CALL;
    const itemId = `budget.${CALL}`;
    const { handle, hash } = await bench.withWorker(activities, async () => {
      const started = await bench.start('budget-denied');
      return { handle: started, hash: String((await asked(fake))?.data.hash) };
    });
    // Both are there before a worker is: the goal does not end between them. Which arrives first is not ours to say.
    const both = Promise.all(['ada', 'bob'].map((author) => decide(handle, { itemId, hash, author, verdict: 'deny' })));
    await bench.withWorker(activities, async () => {
      const verdicts = await both;
      expect(verdicts.map(({ verdict }) => verdict)).toEqual(['deny', 'deny']);
      expect(verdicts.filter(({ applied }) => applied)).toHaveLength(1);
      expect(new Set(verdicts.map(({ by }) => by)).size).toBe(1);
      expect(await handle.result()).toMatchObject({ status: 'partial', reason: expect.stringContaining('used up') });
      await keepHistory(handle, 'budget-denied');
    });
    expect(raises).toEqual([]);
    expect(fake.closed[0]?.tasks).toMatchObject({ done: 1, skipped: 1 });
  });

  it.each([
    ['deny', {}],
    ['escalate', { budgetUsd: 9 }],
    ['wait', { budgetUsd: 9 }],
  ] as const)('nobody decides in time, terms say %s → reminded, and so it goes', async (...[onExpiry, verdict]) => {
    const approvals = { onExpiry, expiresAfterMs: 900, remindAfterMs: 300 };
    const goalId = `budget-expiry-${onExpiry}`;
    const { fake, raises, activities } = poorGoal(goalId, { approvals });
    const seen = (type: string) => until(async () => (told(fake, type).length > 0 ? true : undefined));
    await bench.withWorker(activities, async () => {
      const handle = await bench.start(goalId);
      const item = await asked(fake);
      await seen('approval-reminder');
      if (onExpiry === 'escalate') await seen('approval-escalated');
      if (onExpiry === 'wait') await new Promise((resolve) => setTimeout(resolve, 1_200));
      if (onExpiry !== 'deny') await decide(handle, { hash: String(item?.data.hash), ...verdict });
      const status = onExpiry === 'deny' ? 'failed' : 'completed';
      const ended = await handle.result().then(
        (result) => result.status,
        () => 'failed',
      );
      expect(ended).toBe(status);
      await keepHistory(handle, goalId);
    });
    const by = onExpiry === 'deny' ? { verdict: 'deny', by: 'expiry' } : { verdict: 'approve', by: 'ada' };
    expect(told(fake, 'approval-decided')).toMatchObject([{ data: by }]);
    expect(raises).toHaveLength(onExpiry === 'deny' ? 0 : 1);
  });

  it('the goal’s own limit on the wait → shown as the item’s, denied then', async () => {
    const { fake, activities } = poorGoal('budget-own-wait', { budgetWaitMs: 700 });
    await bench.withWorker(activities, async () => {
      const handle = await bench.start('budget-own-wait');
      const item = await asked(fake);
      expect(Number(item?.data.expiresAtMs) - Number(item?.atMs)).toBe(700);
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'budget-own-wait');
    });
    expect(told(fake, 'approval-decided')).toMatchObject([{ data: { verdict: 'deny', by: 'expiry' } }]);
  });

  it('raise-budget that covers it → approved by who raised; money from elsewhere → withdrawn', async () => {
    const { fake, money, activities } = poorGoal('budget-other-door');
    // The calls that the last raise lets go wait for the late decision: the goal is not to end before.
    const { open: lateIsTold, opened: late } = gate();
    const callModel: typeof activities.callModel = async (input) => {
      if (money.capMicroUsd > CALL) await late;
      return activities.callModel(input);
    };
    await bench.withWorker({ ...activities, callModel }, async () => {
      const handle = await bench.start('budget-other-door');
      const { data } = (await asked(fake)) ?? { data: {} };
      // Not enough for any call: asked anew, for what is missing now.
      await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 0.2, author: 'eve' }] });
      const second = await asked(fake, 2);
      expect(second?.data).toMatchObject({ itemId: 'budget.200000', capMicroUsd: 200_000 });
      expect(await refusalOf(decide(handle, { hash: String(data.hash) }))).toBe('approval.unknown');
      money.capMicroUsd = CALL;
      await handle.signal(budgetRaisedSignal);
      const third = await asked(fake, 3);
      expect(third?.data).toMatchObject({ itemId: `budget.${CALL}`, calls: 1, settledMicroUsd: 10_000 });
      await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 1, author: 'eve' }] });
      const answer = await decide(handle, { itemId: `budget.${CALL}`, hash: String(third?.data.hash) });
      lateIsTold();
      expect(answer).toMatchObject({ applied: false, verdict: 'approve', by: 'eve' });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-other-door');
    });
    expect(told(fake, 'approval-withdrawn')).toHaveLength(2);
    expect(told(fake, 'approval-decided')).toMatchObject([{ data: { verdict: 'approve', by: 'eve' } }]);
  });

  it('the worker ends, the workflow continues as new → one item, decided in the next run, applied once (G10)', async () => {
    const { fake, raises, activities } = poorGoal('budget-continued');
    const handle = await bench.withWorker(activities, async () => {
      const started = await bench.start('budget-continued');
      await asked(fake);
      return started;
    });
    const hash = String(told(fake, 'approval-request')[0]?.data.hash);
    await bench.withWorker(activities, async () => {
      await continueAsNew(handle);
      await handle.signal(resumeSignal);
      await until(async () => ((await handle.query(getStatusQuery)).awaiting === 'budget' ? true : undefined));
      expect(told(fake, 'approval-request')).toHaveLength(1);
      expect(await decide(handle, { hash, budgetUsd: 3 })).toMatchObject({ applied: true });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-continued');
    });
    expect(raises).toMatchObject([{ budgetMicroUsd: 3_000_000 }]);
    expect(told(fake, 'approval-request')).toHaveLength(1);
    expect(told(fake, 'approval-decided')).toHaveLength(1);
  });

  it('its own limit on the wait, asked anew in the next run → the time goes on from where it was', async () => {
    const { fake, money, activities } = poorGoal('budget-wait-continued', { budgetWaitMs: 100_000 });
    await bench.withWorker(activities, async () => {
      const handle = await bench.start('budget-wait-continued');
      const first = await asked(fake);
      // Other facts make another item.
      money.settledMicroUsd += 1;
      await continueAsNew(handle);
      await handle.signal(resumeSignal);
      const second = await asked(fake, 2);
      expect(second?.data.hash).not.toBe(first?.data.hash);
      expect(second?.data.expiresAtMs).toBe(first?.data.expiresAtMs);
      expect(Number(second?.atMs)).toBeGreaterThan(Number(first?.atMs));
      await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 5, author: 'eve' }] });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-wait-continued');
    });
  });

  it('the same where no raise can be asked for → the timer of the next run has what is left', async () => {
    const { fake, money, activities } = poorGoal('budget-timer-continued', { budgetWaitMs: 100_000 });
    money.capMicroUsd = 100_000_000_000;
    money.settledMicroUsd = 100_000_000_000;
    await bench.withWorker(activities, async () => {
      const handle = await bench.start('budget-timer-continued');
      await until(async () => told(fake, 'awaiting').length > 0);
      await continueAsNew(handle);
      await handle.signal(resumeSignal);
      await until(async () => (await timersOf(handle)).length > 0);
      const [leftMs] = await timersOf(handle);
      expect(leftMs).toBeLessThan(100_000);
      expect(leftMs).toBeGreaterThan(0);
      money.settledMicroUsd = 0;
      await handle.signal(budgetRaisedSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    expect(told(fake, 'approval-request')).toEqual([]);
  });
});

/** Milliseconds of the timers that the latest run of the workflow has started. */
async function timersOf(handle: Handle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds) * 1_000 + (timer.startToFireTimeout?.nanos ?? 0) / 1e6] : [],
  );
}
