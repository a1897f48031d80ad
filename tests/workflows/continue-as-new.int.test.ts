/** What people send around the moment when a goal's workflow continues as new, and what waits there: nothing is lost (G11). */
import { Context } from '@temporalio/activity';
import type { GoalWorkflowInput } from '../../src/core/contracts/goal-input.ts';
import { getStatusQuery, raiseBudgetUpdate, resumeSignal, steerUpdate } from '../../src/core/contracts/messages.ts';
import { failure } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { fakeActivities, fakeRef, skeleton, submitted, task } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { type GoalBench, keepHistory, largestPayload, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Makes history long in bytes with few calls: the server suggests to continue at 4 MiB, the workflow must at 8. */
const LONG = 'x'.repeat(120_000);

/** The turn after which the long task submits: some turns into its second run. */
const LAST = 76;

type Handle = Awaited<ReturnType<GoalBench['start']>>;

const CLOSE_EVENT = 2;

/** How many runs the workflow has had. */
async function countRuns({ workflowId, firstExecutionRunId }: Handle): Promise<number> {
  for (let runs = 1, runId = firstExecutionRunId; ; runs++) {
    const next = await nextRun(workflowId, runId);
    if (!next) return runs;
    runId = next;
  }
}

async function nextRun(workflowId: string, runId: string): Promise<string | null | undefined> {
  const request = { namespace: bench.client.options.namespace, execution: { workflowId, runId } };
  const { history } = await bench.client.workflowService.getWorkflowExecutionHistory({
    ...request,
    historyEventFilterType: CLOSE_EVENT,
  });
  return history?.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
}

async function carriedInto(handle: Handle): Promise<GoalWorkflowInput['carried']> {
  const { events } = await handle.fetchHistory();
  const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return (JSON.parse(Buffer.from(input?.data ?? []).toString('utf8')) as GoalWorkflowInput).carried;
}

describe('goalWorkflow that continues as new', () => {
  it('raises and resumes without a pause → each acknowledged raise holds and is told once (G11)', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1 },
      given: skeleton(Array.from({ length: 80 }, (_, at) => task(`t${at}`, at === 0 ? [] : [at - 1]))),
      script: () => ({ kind: 'submitted', result: { hash: LONG, bytes: 1 }, implicit: false }),
    });
    const acknowledged: number[] = [];
    let refused: unknown;
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('raised-throughout');
      let over = false;
      const raising = (async () => {
        await until(async () => (fake.calls.length > 0 ? true : undefined));
        for (let budgetUsd = 1; !over; budgetUsd += 1) {
          await handle.signal(resumeSignal).catch(() => undefined);
          const args: [{ budgetUsd: number; author: string }] = [{ budgetUsd, author: 'me' }];
          const raised = await handle.executeUpdate(raiseBudgetUpdate, { args }).catch((error: unknown) => {
            refused ??= over ? undefined : error;
          });
          if (!raised) return;
          expect(raised).toEqual({ budgetMicroUsd: budgetUsd * 1_000_000 });
          acknowledged.push(raised.budgetMicroUsd);
        }
      })();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      over = true;
      await raising;
      const runs = await countRuns(handle);
      console.info(`${acknowledged.length} raises over ${runs} runs of the workflow; then: ${String(refused)}`);
      expect(runs).toBeGreaterThanOrEqual(3);
    });
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(fake.calls).toHaveLength(80);
    const numbers = fake.events.map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    const told = fake.events.flatMap(({ type, data }) => (type === 'budget-raised' ? [data.budgetMicroUsd] : []));
    expect(told.slice(0, acknowledged.length)).toEqual(acknowledged);
  });

  it('a note is sent again in the next run, its answer was lost → it stands and is told once', async () => {
    let told: Promise<unknown> | undefined;
    const { open: over, opened: toldAgain } = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton(Array.from({ length: 110 }, (_, at) => task(`t${at}`, at === 0 ? [] : [at - 1]))),
      script: async ({ taskId }) => {
        if (taskId === 't0') await told;
        if (taskId === 't109') await toldAgain;
        return { kind: 'submitted', result: { hash: LONG, bytes: 1 }, implicit: false };
      },
    });
    const note = fakeRef('in euros');
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('told-twice');
      const tell = () => handle.executeUpdate(steerUpdate, { args: [{ note, author: 'ada' }], updateId: 'the-note' });
      told = tell();
      await told;
      await until(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
      expect(await tell()).toMatchObject({ running: expect.any(Number) });
      over();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
    });
    expect(fake.events.filter(({ type }) => type === 'steered')).toHaveLength(1);
    expect(fake.calls.find(({ taskId }) => taskId === 't109')?.notes).toEqual([note.hash]);
  });

  it('one task takes turns while others wait for people → goes on in the next run, they wait on, time is carried (G11)', async () => {
    const open = { key: false, money: false };
    let last = () => submitted();
    const reached = new Promise<void>((resolve) => {
      last = () => {
        resolve();
        return submitted();
      };
    });
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      limits: { budgetMicroUsd: 1_000_000, maxTurns: 100, taskTimeoutMs: 50_000 },
      given: skeleton([task('long'), task('keyless'), task('poor')]),
      script: ({ taskId, turn }) => {
        if (taskId === 'keyless' && !open.key) throw failure('model.credentials', 'invalid key');
        if (taskId === 'poor' && !open.money) throw failure('budget.exhausted', 'the next call may cost $1.0000');
        if (taskId !== 'long') return submitted();
        if (turn === LAST) return last();
        return { kind: 'tools', calls: [{ index: 0, id: LONG, name: 'list_files', argsHash: 'h' }], submitted: false };
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('drained');
      await reached;
      const carried = await carriedInto(handle);
      expect(carried?.tasks).toMatchObject([{ status: 'ready' }, { status: 'ready', turn: 1 }, { status: 'ready' }]);
      for (const { leftMs } of carried?.tasks ?? []) expect(leftMs).toBeLessThanOrEqual(50_000);
      expect(carried?.tasks[0]?.leftMs).toBeGreaterThan(0);
      expect(await handle.query(getStatusQuery)).toMatchObject({
        awaiting: expect.stringMatching(/credentials|budget/),
      });
      Object.assign(open, { key: true, money: true });
      await handle.signal(resumeSignal);
      await handle.executeUpdate(raiseBudgetUpdate, { args: [{ budgetUsd: 5, author: 'me' }] });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      const second = await keepHistory(handle, 'drained');
      expect(await countRuns(handle)).toBe(2);
      expect(largestPayload(second)).toBeLessThan(128 * 1024);
    });
    const turns = fake.calls.flatMap(({ taskId, turn }) => (taskId === 'long' ? [turn] : []));
    expect(turns).toEqual(turns.map((_, at) => at + 1));
    const waits = fake.events.flatMap(({ type }) => (type.startsWith('awaiting') ? [type] : []));
    expect(waits.filter((type) => type === 'awaiting-end')).toHaveLength(waits.length / 2);
  });

  it('resumed before the refusal is there → the call is made again, nobody is asked', async () => {
    const { open: resumed, opened: afterResume } = gate();
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('late')]),
      script: async () => {
        if (fake.calls.length > 1) return submitted();
        const context = Context.current();
        const beat = setInterval(() => context.heartbeat(), 100);
        await afterResume.finally(() => clearInterval(beat));
        throw failure('model.credentials', 'invalid key');
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('resumed-early');
      await until(async () => (fake.calls.length > 0 ? true : undefined));
      await handle.signal(resumeSignal);
      // The query's answer shows that the workflow has the signal.
      await handle.query(getStatusQuery);
      resumed();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'resumed-early');
    });
    expect(fake.calls).toHaveLength(2);
  });
});
