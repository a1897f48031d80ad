/** Message batches: kept in memory, worked off after a delay. Host side. */
import type Anthropic from '@anthropic-ai/sdk';
import { type ApiProblem, errorBody, invalid } from './api-error.ts';
import type { Context } from './context.ts';
import { answerRequest } from './messages/answer.ts';
import { distortMessage } from './messages/distort.ts';
import { firstProblem, isObject } from './validate/shape.ts';
import { wait } from './wait.ts';

type Batch = Anthropic.Messages.MessageBatch;
type Result = Anthropic.Messages.MessageBatchIndividualResponse;
type Item = { readonly custom_id: string; readonly params: unknown };

const DAY_MS = 86_400_000;

interface Job {
  batch: Batch;
  readonly items: readonly Item[];
  results: readonly Result[];
  /** Fires when it is cancelled. */
  readonly stop: AbortController;
}

export interface BatchStore {
  create(body: unknown): Batch | ApiProblem;
  get(id: string): Batch | undefined;
  /** Newest first. */
  list(): readonly Batch[];
  cancel(id: string): Batch | undefined;
  delete(id: string): ApiProblem | undefined;
  results(id: string): readonly Result[];
}

function itemProblem(item: unknown, index: number): ApiProblem | undefined {
  const path = `requests.${index}`;
  if (!isObject(item)) return invalid(`${path}: Input should be a valid dictionary`);
  if (typeof item.custom_id !== 'string') return invalid(`${path}.custom_id: Field required`);
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(item.custom_id)) {
    return invalid(`${path}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`);
  }
  return isObject(item.params) ? undefined : invalid(`${path}.params: Field required`);
}

function batchProblem(body: unknown): ApiProblem | undefined {
  const requests = isObject(body) ? body.requests : undefined;
  if (!Array.isArray(requests)) return invalid('requests: Field required');
  if (requests.length === 0) return invalid('requests: List should have at least 1 item after validation');
  const problem = firstProblem(requests.map(itemProblem));
  if (problem) return problem;
  const ids = requests.map((item: Item) => item.custom_id);
  return new Set(ids).size === ids.length ? undefined : invalid('requests: custom_id must be unique in a batch');
}

async function work(context: Context, item: Item): Promise<Result['result']> {
  const entry = context.log.open({ id: context.nextId('req'), key: item.custom_id, batch: true });
  const failed = (error: ApiProblem): Result['result'] => {
    entry.status = error.status;
    context.log.close(entry, 'error');
    return { type: 'errored', error: errorBody(error, entry.id) };
  };
  try {
    const answer = await answerRequest(context, { body: item.params, headers: {}, entry });
    if (answer.kind === 'problem') return failed(answer.problem);
    if (answer.kind === 'reply') {
      const { reply } = answer;
      return failed(
        reply.kind === 'error' ? reply : { status: reply.status, type: 'api_error', message: 'Internal server error' },
      );
    }
    answer.begin();
    entry.status = 200;
    context.log.close(entry, 'sent');
    const message = distortMessage(answer.built.message, answer.reply.distortion) as Anthropic.Message;
    return { type: 'succeeded', message };
  } catch (error) {
    context.scriptErrors.push(error instanceof Error ? error : new Error(String(error)));
    context.log.close(entry, 'script-error');
    return { type: 'errored', error: errorBody({ type: 'api_error', message: 'Internal server error' }, entry.id) };
  }
}

function finish(context: Context, job: Job, results: readonly Result[]): void {
  const count = (type: Result['result']['type']): number => results.filter(({ result }) => result.type === type).length;
  job.results = results;
  job.batch = {
    ...job.batch,
    processing_status: 'ended',
    ended_at: new Date(context.now()).toISOString(),
    results_url: `${context.url()}/v1/messages/batches/${job.batch.id}/results`,
    request_counts: {
      processing: 0,
      succeeded: count('succeeded'),
      errored: count('errored'),
      canceled: count('canceled'),
      expired: count('expired'),
    },
  };
}

async function run(context: Context, job: Job): Promise<void> {
  await wait(context.batchDelayMs, AbortSignal.any([context.closing, job.stop.signal]));
  const results: Result[] = [];
  for (const item of job.items) {
    results.push({ custom_id: item.custom_id, result: await resultOf(context, job, item) });
  }
  finish(context, job, results);
}

async function resultOf(context: Context, job: Job, item: Item): Promise<Result['result']> {
  if (job.batch.processing_status === 'canceling' || context.closing.aborted) return { type: 'canceled' };
  return context.batchExpires(item.custom_id, item.params) ? { type: 'expired' } : work(context, item);
}

function newBatch(context: Context, requests: number): Batch {
  const now = context.now();
  return {
    id: context.nextId('msgbatch'),
    type: 'message_batch',
    processing_status: 'in_progress',
    created_at: new Date(now).toISOString(),
    expires_at: new Date(now + DAY_MS).toISOString(),
    ended_at: null,
    archived_at: null,
    cancel_initiated_at: null,
    results_url: null,
    request_counts: { processing: requests, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
  };
}

/** An empty store of batches. */
export function createBatchStore(context: Context): BatchStore {
  const jobs = new Map<string, Job>();
  return {
    create(body) {
      const problem = batchProblem(body);
      if (problem) return problem;
      const items = (body as { requests: Item[] }).requests;
      const job: Job = { batch: newBatch(context, items.length), items, results: [], stop: new AbortController() };
      jobs.set(job.batch.id, job);
      void run(context, job);
      return job.batch;
    },
    get: (id) => jobs.get(id)?.batch,
    list: () => [...jobs.values()].map((job) => job.batch).reverse(),
    cancel(id) {
      const job = jobs.get(id);
      if (job?.batch.processing_status === 'in_progress') {
        const at = new Date(context.now()).toISOString();
        job.batch = { ...job.batch, processing_status: 'canceling', cancel_initiated_at: at };
        job.stop.abort();
      }
      return job?.batch;
    },
    delete(id) {
      if (jobs.get(id)?.batch.processing_status !== 'ended') {
        return invalid(`Batch ${id} has not finished processing. Cancel it before it is deleted.`);
      }
      jobs.delete(id);
      return undefined;
    },
    results: (id) => jobs.get(id)?.results ?? [],
  };
}
