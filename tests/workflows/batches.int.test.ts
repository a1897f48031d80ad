/** The goal workflow of batch goals: what goes together, how it waits, and what becomes of calls that get no answer. */
import type {
  BatchActivities,
  BatchFallback,
  BatchInput,
  CollectBatchInput,
  SubmittedCall,
} from '../../src/core/contracts/batches.ts';
import type { CallModelInput } from '../../src/core/contracts/calls.ts';
import { resumeSignal } from '../../src/core/contracts/messages.ts';
import { failure } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { type FakeActivities, fakeActivities, skeleton, submitted, task } from './support/fake-activities.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const TERMS = { windowMs: 50, pollMs: 50, maxWaitMs: 60_000 };
/** Two abreast and one after both. */
const TASKS = [task('a'), task('b'), task('c', [0, 1])];

/** Batches that end at their `ends`-th look, with what `lacks` a result; `never`: only when cancelled. */
interface BatchScript {
  readonly ends?: number | 'never';
  readonly lacks?: (call: CallModelInput) => BatchFallback | undefined;
  readonly submits?: (call: CallModelInput, again: number) => SubmittedCall | undefined;
}

/** An API of batches in memory, beside the fakes of all other activities. */
function fakeBatches(fake: FakeActivities, { ends = 2, lacks, submits }: BatchScript = {}) {
  const sent: CallModelInput[][] = [];
  const asked = new Map<string, number>();
  const cancelled: string[] = [];
  const dropped: CollectBatchInput['dropped'][number][] = [];
  const looks = new Map<string, number>();
  const activities: BatchActivities = {
    async submitBatch({ calls }) {
      const answers = calls.map((call) => {
        const again = asked.get(call.taskId) ?? 0;
        asked.set(call.taskId, again + 1);
        return submits?.(call, again);
      });
      const fresh = calls.filter((_call, index) => answers[index] === undefined);
      if (fresh.length > 0) sent.push(fresh);
      return { calls: answers.map((one) => one ?? { state: 'sent', batchId: `batch-${sent.length}` }) };
    },
    async pollBatch({ batchId }: BatchInput) {
      const look = (looks.get(batchId) ?? 0) + 1;
      looks.set(batchId, look);
      return cancelled.includes(batchId) || look >= (ends === 'never' ? Number.POSITIVE_INFINITY : ends)
        ? 'ended'
        : 'in-progress';
    },
    async collectBatch(input) {
      dropped.push(...input.dropped);
      const collect = async (call: CallModelInput) => {
        const why = cancelled.includes(input.batchId) ? 'canceled' : lacks?.(call);
        if (why) return { state: 'live', why } as const;
        return { state: 'recorded', result: { ...(await fake.activities.callModel(call)), batch: true } } as const;
      };
      const calls = [];
      for (const call of input.calls) calls.push(await collect(call));
      return { calls };
    },
    async cancelBatch({ batchId }) {
      cancelled.push(batchId);
    },
  };
  const tasks = () => sent.map((calls) => calls.map(({ taskId }) => taskId).sort());
  return { sent, tasks, cancelled, dropped, looks, all: { ...fake.activities, ...activities } };
}

function setUp(terms: Partial<typeof TERMS> = {}, script: BatchScript = {}) {
  const fake = fakeActivities({
    taskQueue: bench.taskQueue,
    limits: { batch: { ...TERMS, ...terms } },
    given: skeleton(TASKS),
    script: () => submitted(),
  });
  return { fake, batches: fakeBatches(fake, script) };
}

const told = (fake: FakeActivities) =>
  fake.events
    .filter(({ type }) => type.startsWith('batch-'))
    .map(({ type, data, taskId }) => [type, taskId, data.calls ?? data.reason]);

describe('goalWorkflow of a batch goal', () => {
  it('calls that are ready together → one batch, looked at until it has ended; no activity waits', async () => {
    const { fake, batches } = setUp();
    await bench.withWorker(batches.all, async () => {
      const handle = await bench.start('batch-goal');
      expect(await handle.result()).toMatchObject({ status: 'completed', costMicroUsd: 3 });
      await keepHistory(handle, 'batch-goal');
    });
    expect(batches.tasks()).toEqual([['a', 'b'], ['c']]);
    expect([...batches.looks]).toEqual([
      ['batch-1', 2],
      ['batch-2', 2],
    ]);
    expect(told(fake)).toEqual([
      ['batch-start', undefined, 2],
      ['batch-end', undefined, 2],
      ['batch-start', undefined, 1],
      ['batch-end', undefined, 1],
    ]);
  });

  it('a call that expired or is not taken → made live, told and counted; the others keep their answers', async () => {
    const { fake, batches } = setUp(
      {},
      {
        lacks: ({ taskId }) => (taskId === 'b' ? 'expired' : undefined),
        submits: ({ taskId }) => (taskId === 'c' ? { state: 'live', why: 'not-accepted' } : undefined),
      },
    );
    await bench.withWorker(batches.all, async () => {
      const handle = await bench.start('batch-fallback');
      expect((await handle.result()).status).toBe('completed');
      await keepHistory(handle, 'batch-fallback');
    });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['a', 'b', 'c']);
    expect(fake.closed[0]?.fallbacks).toEqual(['batch.expired:b', 'batch.not-accepted:c']);
    expect(told(fake)).toContainEqual(['batch-fallback', 'b', 'expired']);
  });

  it('a batch that does not end in time → cancelled, its calls are made live', async () => {
    const { fake, batches } = setUp({ maxWaitMs: 200 }, { ends: 'never' });
    await bench.withWorker(batches.all, async () => {
      const handle = await bench.start('batch-late');
      expect((await handle.result()).status).toBe('completed');
      await keepHistory(handle, 'batch-late');
    });
    expect(batches.cancelled).toEqual(['batch-1', 'batch-2']);
    expect(fake.closed[0]?.fallbacks).toEqual(['batch.canceled:a', 'batch.canceled:b', 'batch.canceled:c']);
  });

  it('the goal is cancelled while it waits → the batch is cancelled and settled before the goal closes (G9)', async () => {
    const { fake, batches } = setUp({}, { ends: 'never' });
    await bench.withWorker(batches.all, async () => {
      const handle = await bench.start('batch-cancelled');
      await until(async () => batches.looks.get('batch-1'));
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'batch-cancelled');
    });
    expect(batches.cancelled).toEqual(['batch-1']);
    expect(batches.dropped.map(({ taskId }) => taskId).sort()).toEqual(['a', 'b']);
    expect(fake.closed[0]?.status).toBe('cancelled');
    expect(fake.calls).toEqual([]);
  });

  it('money that other goals hold → sent later; a refused key → the goal waits, and goes on when it is resumed', async () => {
    const { fake, batches } = setUp(
      {},
      { submits: ({ taskId }, again) => (taskId === 'a' && again === 0 ? { state: 'later' } : undefined) },
    );
    let refusals = 1;
    const pollBatch = async (input: BatchInput) => {
      if (input.batchId === 'batch-1' && refusals-- > 0) throw failure('model.credentials', 'no');
      return batches.all.pollBatch(input);
    };
    await bench.withWorker({ ...batches.all, pollBatch }, async () => {
      const handle = await bench.start('batch-refused');
      await until(async () => (fake.events.some(({ type }) => type === 'awaiting') ? true : undefined));
      await handle.signal(resumeSignal);
      expect((await handle.result()).status).toBe('completed');
      await keepHistory(handle, 'batch-refused');
    });
    expect(
      batches
        .tasks()
        .flat()
        .filter((id) => id === 'a'),
    ).toEqual(['a']);
    expect(fake.closed[0]?.fallbacks).toEqual([]);
  });
});
