/** Waits for one batch by timers and short looks, and hands out its answers. Workflow side. */
import { condition } from '@temporalio/workflow';
import type { BatchInput } from '../../core/contracts/batches.ts';
import { type BatchedCall, isOver } from './batched-call.ts';
import type { GoalRun } from './goal-run.ts';
import { mustDrain } from './history-length.ts';

/** Calls whose answers are recorded by one activity. */
const MAX_COLLECTED = 10;
/** How much longer the wait between two looks gets at most. */
const MAX_GROWTH = 10;
/** A batch that was cancelled and does not end within so long is left to itself. */
const CANCEL_MS = 600_000;
/** Stopping a batch nobody waits for is best effort: the goal does not wait longer for it. */
const STOP = { scheduleToCloseTimeout: '15s' } as const;

/** Goes on until every call has its answer, is cancelled, or is left to the workflow's next run. Never throws. */
export async function watchBatch(run: GoalRun, batchId: string, calls: readonly BatchedCall[]): Promise<void> {
  const { goalId, tenant } = run.input;
  const batch = { goalId, tenant, batchId };
  // All calls of the submission have joined by the next turn of the loop.
  await Promise.resolve();
  run.outbox.emit('batch-start', { batch: batchId, calls: calls.length });
  try {
    if (await hasEnded(run, batch, calls)) await collect(run, batch, calls);
    else if (calls.every((call) => call.cancelled)) await stop(run, batch, calls);
    for (const call of calls) call.answer ??= { kind: 'live', why: 'expired' };
  } catch (error) {
    for (const call of calls) call.answer ??= { kind: 'failed', error };
  }
  const live = calls.filter(({ answer }) => answer?.kind === 'live').length;
  run.outbox.emit('batch-end', { batch: batchId, calls: calls.length, live });
}

/** False when nobody waits any more, or it did not end in time although it was cancelled. */
async function hasEnded(run: GoalRun, batch: BatchInput, calls: readonly BatchedCall[]): Promise<boolean> {
  const { pollMs = 30_000, maxWaitMs = Number.POSITIVE_INFINITY } = run.opened.limits.batch ?? {};
  let endsAtMs = Date.now() + maxWaitMs;
  let cancelled = false;
  for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 1.5, pollMs * MAX_GROWTH)) {
    const overMs = Math.max(1, Math.min(waitMs, endsAtMs - Date.now()));
    if (await condition(() => calls.every(isOver), Math.ceil(overMs))) return false;
    mustDrain(run);
    if ((await run.proxies.batches.pollBatch(batch)) === 'ended') return true;
    if (Date.now() < endsAtMs) continue;
    if (cancelled) return false;
    await run.proxies.batches.cancelBatch(batch);
    cancelled = true;
    endsAtMs = Date.now() + CANCEL_MS;
    waitMs = pollMs;
  }
}

async function collect(run: GoalRun, batch: BatchInput, calls: readonly BatchedCall[]): Promise<void> {
  const open = calls.filter((call) => !isOver(call));
  const dropped = calls.filter((call) => call.cancelled).map(({ input }) => idOf(input));
  for (let at = 0; at === 0 || at < open.length; at += MAX_COLLECTED) {
    const some = open.slice(at, at + MAX_COLLECTED);
    const { calls: collected } = await run.proxies.batches.collectBatch({
      ...batch,
      calls: some.map(({ input }) => input),
      dropped: at === 0 ? dropped : [],
    });
    some.forEach((call, index) => {
      const one = collected[index];
      if (one?.state === 'recorded') call.answer ??= { kind: 'result', result: one.result };
      else if (one) call.answer ??= { kind: 'live', why: one.why };
    });
  }
}

function idOf({ taskId, revision, turn }: BatchedCall['input']) {
  return { taskId, revision, turn };
}

/** Nobody waits for the batch. What it has answered is paid: its price is written down now, or when it is known. */
async function stop(run: GoalRun, batch: BatchInput, calls: readonly BatchedCall[]): Promise<void> {
  const { cancelBatch, pollBatch, collectBatch } = run.proxies.batches;
  try {
    await cancelBatch.executeWithOptions(STOP, [batch]);
    if ((await pollBatch.executeWithOptions(STOP, [batch])) !== 'ended') return;
    const dropped = calls.map(({ input }) => idOf(input));
    await collectBatch.executeWithOptions(STOP, [{ ...batch, calls: [], dropped }]);
  } catch {
    // What it held counts as spent when the goal ends, and is read later.
  }
}
