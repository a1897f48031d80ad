/** Submissions whose answer was lost, by a crash or on the wire: the batch that came of them is looked for. Activity side. */
import type { BatchCall } from '../../store/batch-calls.ts';
import type { ModelDeps } from '../model-activities.ts';

/** How far the API's clock may be off ours. */
const SKEW_MS = 120_000;

/**
 * Gives the rows as they are now. The API has no idempotency for batches, and does not say what is in one before it has
 * ended: taken is the first one made since, of the same size, that nobody has taken. Collecting it compares the names of the
 * calls, so that a wrong guess costs time only. Found none: the calls are free to be sent again, and what was held counts
 * as spent, since the request may still arrive.
 */
export async function adoptLost(
  deps: ModelDeps,
  rows: readonly BatchCall[],
  signal: AbortSignal,
): Promise<readonly BatchCall[]> {
  let now = rows;
  for (const submission of new Set(rows.filter(isLost).map((row) => row.submission))) {
    const batchId = await findBatch(
      deps,
      now.filter((row) => row.submission === submission),
      signal,
    );
    if (batchId === undefined) now = await giveUp(deps, now, submission);
    else {
      await deps.store.batches.sent(submission, batchId);
      now = now.map((row) => (row.submission === submission ? { ...row, batchId } : row));
    }
  }
  return now;
}

function isLost({ batchId, outcome }: BatchCall): boolean {
  return batchId === null && outcome === null;
}

async function findBatch(
  { claude, store }: ModelDeps,
  [row]: readonly BatchCall[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!row) return undefined;
  const listed = await claude.batches.list(row.intendedAtMs - SKEW_MS, { signal });
  const like = listed.filter(({ size }) => size === row.size);
  const taken = new Set(await store.batches.known(like.map(({ id }) => id)));
  return like.filter(({ id }) => !taken.has(id)).at(-1)?.id;
}

async function giveUp({ store }: ModelDeps, rows: readonly BatchCall[], submission: string): Promise<BatchCall[]> {
  for (const row of rows.filter((one) => one.submission === submission)) {
    await store.journal.abandon(row, { attempt: row.attempt, billed: true });
  }
  await store.batches.drop(submission);
  return rows.filter((row) => row.submission !== submission);
}
