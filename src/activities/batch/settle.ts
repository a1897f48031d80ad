/** Answers of batches that nobody waits for any more: what they cost is written down. Activity side. */
import type { BatchAnswer } from '../../integrations/claude/batches.ts';
import { priceUsage } from '../../integrations/claude/prices.ts';
import { toUsage } from '../../integrations/claude/usage.ts';
import type { BatchCall } from '../../store/batch-calls.ts';
import type { ModelDeps } from '../model-activities.ts';
import { customIdOf } from './custom-id.ts';

/** Writes down what the answer to one call cost; it is not used. */
export async function settleUnwanted(
  { store }: Pick<ModelDeps, 'store'>,
  row: BatchCall,
  answers: ReadonlyMap<string, BatchAnswer>,
): Promise<void> {
  const answer = answers.get(customIdOf(row));
  if (!answer) {
    await store.batches.end(row, 'lost');
    return;
  }
  if (answer.kind !== 'succeeded') {
    await store.batches.settle(row, 0);
    await store.batches.end(row, answer.kind);
    return;
  }
  const { model, usage } = (answer.message ?? {}) as { readonly model?: unknown; readonly usage?: unknown };
  const used = toUsage(usage);
  // What the answer does not say stays unknown.
  if (used) await store.batches.settle(row, priceUsage(String(model), used, { at: new Date(), batch: true }));
  await store.batches.end(row, 'succeeded');
}

/** Reads what became of batches whose goals have ended since: then their price is known. Gives how many were read. */
export async function settleOrphans(deps: Pick<ModelDeps, 'store' | 'claude'>): Promise<number> {
  const rows = await deps.store.batches.orphans();
  let read = 0;
  for (const batchId of new Set(rows.flatMap((row) => row.batchId ?? []))) {
    const own = rows.filter((row) => row.batchId === batchId);
    const state = await deps.claude.batches.state(batchId, {});
    if (state === 'in-progress') continue;
    const answers = await deps.claude.batches.results(batchId, {});
    for (const row of own) await settleUnwanted(deps, row, answers);
    read += 1;
  }
  return read;
}
