/** Message batches of the Claude API: many requests at half the price, answered within a day. Host side. */
import Anthropic from '@anthropic-ai/sdk';

/** One request of a batch. */
export interface BatchRequest {
  /** `[a-zA-Z0-9_-]`, 1 to 64 characters, unique in its batch. */
  readonly customId: string;
  readonly params: Anthropic.MessageCreateParamsNonStreaming;
}

/** What became of one request. `message` is as the API sent it, unchecked. */
export type BatchAnswer =
  | { readonly kind: 'succeeded'; readonly message: unknown }
  | { readonly kind: 'errored' | 'canceled' | 'expired' };

/** A batch as the list shows it: whose it is does not show before it has ended. */
export interface ListedBatch {
  readonly id: string;
  readonly createdAtMs: number;
  /** Requests in it. */
  readonly size: number;
}

interface Asking {
  readonly signal?: AbortSignal;
}

/** Calls about batches cost nothing but `create`; all throw like `Claude.send`. */
export interface ClaudeBatches {
  create(requests: readonly BatchRequest[], asking: Asking): Promise<{ readonly id: string }>;
  /** A batch that is not there has ended, without results. */
  state(id: string, asking: Asking): Promise<'in-progress' | 'ended'>;
  /** Batches made since `sinceMs` (epoch), newest first. */
  list(sinceMs: number, asking: Asking): Promise<readonly ListedBatch[]>;
  /** By custom id; of a batch that has ended. */
  results(id: string, asking: Asking): Promise<ReadonlyMap<string, BatchAnswer>>;
  /** Nothing when it has ended or is gone. */
  cancel(id: string, asking: Asking): Promise<void>;
}

/** Bounds a question by the times of a call. */
type Watched = <T>(signal: AbortSignal | undefined, ask: (own: AbortSignal) => Promise<T>) => Promise<T>;

/** Batches of one key. */
export function createBatches(client: Anthropic, watched: Watched): ClaudeBatches {
  const { batches } = client.messages;
  return {
    create: (requests, { signal }) =>
      watched(signal, async (own) => {
        const body = requests.map(({ customId, params }) => ({ custom_id: customId, params }));
        return { id: (await batches.create({ requests: body }, { signal: own })).id };
      }),
    state: (id, { signal }) =>
      watched(signal, async (own) => {
        const found = await orGone(batches.retrieve(id, {}, { signal: own }));
        return found === undefined || found.processing_status === 'ended' ? 'ended' : 'in-progress';
      }),
    list: (sinceMs, { signal }) => watched(signal, (own) => listSince(client, sinceMs, own)),
    results: (id, { signal }) => watched(signal, (own) => readResults(client, id, own)),
    cancel: (id, { signal }) =>
      watched(signal, async (own) => {
        await orGone(batches.cancel(id, {}, { signal: own }));
      }),
  };
}

async function orGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Anthropic.NotFoundError) return undefined;
    throw error;
  }
}

async function listSince(client: Anthropic, sinceMs: number, signal: AbortSignal): Promise<ListedBatch[]> {
  const found: ListedBatch[] = [];
  for await (const batch of client.messages.batches.list({ limit: 100 }, { signal })) {
    const createdAtMs = Date.parse(batch.created_at);
    if (createdAtMs < sinceMs) break;
    const size = Object.values(batch.request_counts).reduce((sum, count) => sum + count, 0);
    found.push({ id: batch.id, createdAtMs, size });
  }
  return found;
}

async function readResults(client: Anthropic, id: string, signal: AbortSignal): Promise<Map<string, BatchAnswer>> {
  const answers = new Map<string, BatchAnswer>();
  const lines = await orGone(client.messages.batches.results(id, {}, { signal }));
  for await (const { custom_id: customId, result } of lines ?? []) {
    answers.set(
      customId,
      result.type === 'succeeded' ? { kind: 'succeeded', message: result.message } : { kind: result.type },
    );
  }
  return answers;
}
