/** A call on its way through a batch. Workflow side. */
import type { BatchFallback } from '../../core/contracts/batches.ts';
import type { RefusedSpend } from '../../core/contracts/budget-ask.ts';
import type { CallModelInput, CallModelResult } from '../../core/contracts/calls.ts';
import type { FailureType } from '../../core/failures.ts';

/** What a call came to: its result, or that it is to be made live, or why it cannot be made now. */
export type BatchedAnswer =
  | { readonly kind: 'result'; readonly result: CallModelResult }
  | { readonly kind: 'live'; readonly why?: BatchFallback }
  | { readonly kind: 'later' }
  | {
      readonly kind: 'refused';
      readonly type: FailureType;
      readonly message: string;
      readonly details?: RefusedSpend;
    }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** This run of the workflow ends; the next one asks again and finds the same batch. */
  | { readonly kind: 'parked' };

/** A call that waits. */
export interface BatchedCall {
  readonly input: CallModelInput;
  answer?: BatchedAnswer;
  /** Its task was cancelled. */
  cancelled: boolean;
}

/** Where calls are handed in. */
export interface BatchDesk {
  /** Nothing is being sent, waited for or stopped. */
  readonly idle: boolean;
  /** Calls that wait for the answers of batches. */
  readonly waiting: number;
  /** Sends the call with the next batch and waits for what comes of it. Throws only cancellation. */
  ask(input: CallModelInput, interrupted: () => boolean): Promise<BatchedAnswer>;
}

/** Nobody waits for it any more. */
export function isOver(call: BatchedCall): boolean {
  return call.cancelled || call.answer !== undefined;
}
