/** The goal workflow under a budget: refused calls wait for money, a raise goes on, or the goal ends with what is there. */
import { Context } from '@temporalio/activity';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { budgetRaisedSignal, getStatusQuery, raiseBudgetUpdate } from '../../src/core/contracts/messages.ts';
import { failure, failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const TASKS = [task('a'), task('b'), task('c', [0])];
const exhausted = () => failure('budget.exhausted', 'the next call may cost $1.0000');

/** A ledger as simple as can be: every call costs 1 of `cap` and holds 1 while it is in flight. */
function ledger(cap: number) {
  const state = { cap, held: 0, settled: 0, most: 0 };
  return {
    state,
    async call(): Promise<void> {
      if (state.settled + state.held + 1 > state.cap) throw exhausted();
      state.held += 1;
      state.most = Math.max(state.most, state.settled + state.held);
      await new Promise((resolve) => setTimeout(resolve, 5));
      state.held -= 1;
    },
  };
}

describe('goalWorkflow with a budget', () => {
  it('used up → awaiting budget; bad raises are refused; a raise makes the refused calls again (G8)', async () => {
    const money = ledger(1);
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000 },
      given: skeleton(TASKS),
      script: async () => {
        await money.call();
        money.state.settled += 1;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-raised');
      const waiting = await until(async () => {
        const status = await handle.query(getStatusQuery);
        return status.awaiting ? status : undefined;
      });
      expect(waiting).toMatchObject({ awaiting: 'budget', reason: expect.stringMatching(/^budget\.exhausted: /) });
      for (const budgetUsd of [1, 0.5, Number.NaN, '5', -1, 100_001]) {
        const error = await handle
          .executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: budgetUsd as number, author: 'me' }] })
          .catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
        expect(failureType((error as WorkflowUpdateFailedError).cause)).toBe('budget.invalid');
      }
      money.state.cap = 5;
      const raised = await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 5, author: 'me' }] });
      expect(raised).toEqual({ budgetMicroUsd: 5_000_000 });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-raised');
    });
    const types = fake.events.map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(['awaiting', 'budget-raised', 'awaiting-end']));
    expect(money.state.settled).toBe(3);
  });

  it('refused while others are in flight → goes on when those give money back, nobody is asked', async () => {
    const money = ledger(2);
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 2_000_000 },
      given: skeleton(Array.from({ length: 8 }, (_unused, index) => task(`t${index}`))),
      script: async () => {
        await money.call();
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-shared');
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-shared');
    });
    expect(money.state.most).toBe(2);
    expect(fake.events.map((event) => event.type)).not.toContain('awaiting');
    // At most one more attempt for each call that ended.
    expect(fake.calls.length).toBeLessThanOrEqual(8 + 8);
  });

  it('a refusal that arrives after the raise → the call is made again, nobody is asked', async () => {
    const { open: raised, opened: afterRaise } = gate();
    let attempts = 0;
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000 },
      given: skeleton([task('late')]),
      script: async () => {
        attempts += 1;
        if (attempts > 1) return submitted();
        const context = Context.current();
        const beat = setInterval(() => context.heartbeat(), 100);
        await afterRaise.finally(() => clearInterval(beat));
        throw exhausted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-late');
      await until(async () => (attempts > 0 ? true : undefined));
      await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 5, author: 'me' }] });
      raised();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-late');
    });
    expect(attempts).toBe(2);
    expect(fake.events.map((event) => event.type)).not.toContain('awaiting');
  });

  it('used up with onBudget partial → what runs finishes, the rest is skipped, no further call', async () => {
    const money = ledger(1);
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000, onBudget: 'partial', synthesis: true },
      given: skeleton([...TASKS, task('d', [1])]),
      script: async () => {
        await money.call();
        money.state.settled += 1;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-partial');
      expect(await handle.result()).toMatchObject({
        status: 'partial',
        reason: expect.stringMatching(/^the budget was used up; not done: /),
      });
      await keepHistory(handle, 'budget-partial');
    });
    expect(fake.closed[0]).toMatchObject({ tasks: { done: 1, skipped: 3, failed: 0 }, joinResults: true });
    const ends = fake.events.filter((event) => event.data.status === 'skipped');
    expect(ends.map((event) => event.data.reason)).toEqual(['budget', 'budget', 'budget']);
    expect(fake.calls.map((call) => call.purpose)).not.toContain('synthesis');
  });

  it('used up and nobody raises it in time → partial, by the goal’s own limit on the wait (G8)', async () => {
    const money = ledger(1);
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000, budgetWaitMs: 1_000 },
      given: skeleton(TASKS),
      script: async () => {
        await money.call();
        money.state.settled += 1;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-wait-over');
      expect(await handle.result()).toMatchObject({
        status: 'partial',
        reason: expect.stringMatching(/^the budget was used up; not done: /),
      });
      await keepHistory(handle, 'budget-wait-over');
    });
    expect(fake.closed[0]).toMatchObject({ tasks: { done: 1, failed: 0 } });
    expect(fake.events.map((event) => event.type)).toEqual(expect.arrayContaining(['awaiting', 'awaiting-end']));
  });

  it('an account above is raised → the refused calls are made again, the limit on the wait is over (G8)', async () => {
    const money = ledger(1);
    const refusal = 'the next call may cost $1.0000, tenant/2026-11 has $0.0000 of $1.00 left';
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetWaitMs: 600_000 },
      given: skeleton(TASKS),
      script: async () => {
        await money.call().catch(() => Promise.reject(failure('budget.exhausted', refusal)));
        money.state.settled += 1;
        return submitted();
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-freed');
      await handle.signal(budgetRaisedSignal);
      const waiting = await until(async () => {
        const status = await handle.query(getStatusQuery);
        return status.awaiting ? status : undefined;
      });
      expect(waiting).toMatchObject({ awaiting: 'budget', reason: expect.stringContaining('tenant/2026-11') });
      money.state.cap = 5;
      await handle.signal(budgetRaisedSignal);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'budget-freed');
    });
    expect(money.state.settled).toBe(3);
  });

  it('raising the budget of a goal without one → budget.invalid', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a')]),
      script: () => {
        throw failure('model.credentials', 'invalid key');
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('budget-none');
      await until(async () => (await handle.query(getStatusQuery)).awaiting);
      const error = await handle
        .executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 5, author: 'me' }] })
        .catch((caught: unknown) => caught);
      expect(failureType((error as WorkflowUpdateFailedError).cause)).toBe('budget.invalid');
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
    });
  });
});
