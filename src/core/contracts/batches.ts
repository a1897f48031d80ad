/** Calls of a goal that go through the Message Batches API: terms, inputs and results of the activities. Sandbox-safe types. */
import type { FailureType } from '../failures.ts';
import type { RefusedSpend } from './budget-ask.ts';
import type { CallModelInput, CallModelResult } from './calls.ts';

/** How a batch goal waits. Times in ms. */
export interface BatchTerms {
  /** Calls that become ready within so long go together. */
  readonly windowMs: number;
  /** Before the first look at a batch; grows by half with each, to ten times it. */
  readonly pollMs: number;
  /** A batch that has not ended by then is cancelled, and its calls are made live. */
  readonly maxWaitMs: number;
}

/** Why a call that was to go through a batch is made live at the full price. */
export type BatchFallback = 'errored' | 'expired' | 'canceled' | 'unreadable' | 'lost' | 'not-accepted';

export interface SubmitBatchInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly calls: readonly CallModelInput[];
}

/** What became of one call that was to be sent. */
export type SubmittedCall =
  | { readonly state: 'sent'; readonly batchId: string }
  /** To be made as a single call: it is recorded, or a batch does not take it (`why`). */
  | { readonly state: 'live'; readonly why?: BatchFallback }
  /** Calls of other goals hold the money for the moment. */
  | { readonly state: 'later' }
  | {
      readonly state: 'refused';
      readonly type: FailureType;
      readonly message: string;
      readonly details?: RefusedSpend;
    };

/** In the order of the calls. */
export interface SubmitBatchResult {
  readonly calls: readonly SubmittedCall[];
}

export interface BatchInput {
  readonly goalId: string;
  readonly tenant: string;
  readonly batchId: string;
}

export interface CollectBatchInput extends BatchInput {
  /** At most 10, so that the answers fit a payload. */
  readonly calls: readonly CallModelInput[];
  /** Calls nobody waits for any more: what they cost is written down, no more. */
  readonly dropped: readonly Pick<CallModelInput, 'taskId' | 'revision' | 'turn'>[];
}

/** In the order of `calls`. */
export interface CollectBatchResult {
  readonly calls: readonly (
    | { readonly state: 'recorded'; readonly result: CallModelResult }
    | { readonly state: 'live'; readonly why: BatchFallback }
  )[];
}

/** Served by `model` workers. */
export interface BatchActivities {
  /** Sends calls as one batch. A repeat finds the batch that an earlier attempt made. */
  submitBatch(input: SubmitBatchInput): Promise<SubmitBatchResult>;
  /** A batch that the API does not know has ended, without answers. */
  pollBatch(input: BatchInput): Promise<'in-progress' | 'ended'>;
  /** Records the answers of a batch that has ended, each in a transaction of its own. */
  collectBatch(input: CollectBatchInput): Promise<CollectBatchResult>;
  /** Asks the API to stop; what it has answered by then is paid. */
  cancelBatch(input: BatchInput): Promise<void>;
}
