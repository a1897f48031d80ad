/** `/v1/messages/batches` and below. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import { notFound } from './api-error.ts';
import type { BatchStore } from './batches.ts';
import type { Call } from './http/call.ts';
import { pageOf } from './http/page.ts';
import type { RouteAnswer } from './http/respond.ts';

/** `POST` creates, `GET` lists. */
export function batchCollection(batches: BatchStore, call: Call): RouteAnswer {
  if (call.method === 'GET') return { json: pageOf(batches.list(), call.query) };
  const created = batches.create(call.body);
  return 'status' in created ? created : { json: created };
}

function deleteBatch(batches: BatchStore, id: string): RouteAnswer {
  const body: Anthropic.Messages.DeletedMessageBatch = { id, type: 'message_batch_deleted' };
  return batches.delete(id) ?? { json: body };
}

/** One batch: `GET`, `DELETE`, `POST …/cancel`, `GET …/results`. */
export function oneBatch(
  batches: BatchStore,
  call: Call,
  [id = '', action]: readonly (string | undefined)[],
): RouteAnswer {
  const batch = batches.get(id);
  if (!batch) return notFound(`Batch ${id} not found`);
  if (action === 'cancel') return { json: batches.cancel(id) };
  if (action !== 'results') return call.method === 'DELETE' ? deleteBatch(batches, id) : { json: batch };
  return batch.processing_status === 'ended'
    ? { jsonLines: batches.results(id) }
    : notFound(`Results of batch ${id} are not available yet`);
}
