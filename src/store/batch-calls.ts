/** Calls that go through batches, as the store keeps them. Types only. */
import type { BatchFallback } from '../core/contracts/batches.ts';
import type { CallModelInput } from '../core/contracts/calls.ts';

type Scope = Pick<CallModelInput, 'tenant' | 'goalId'>;
type Id = Scope & Pick<CallModelInput, 'taskId' | 'revision' | 'turn'>;

/** A call that is about to be sent. */
export interface IntendedCall extends Id {
  /** Names the attempt to submit that put it in. */
  readonly submission: string;
  /** Calls of the submission. */
  readonly size: number;
  /** What holds its price: see `CallRequest`. */
  readonly attempt: string;
  readonly microUsd: number;
}

/** One call of a submission. */
export interface BatchCall extends IntendedCall {
  /** Null: about to be sent, or sent and the answer was lost. */
  readonly batchId: string | null;
  /** Null while nothing is known of it. */
  readonly outcome: 'succeeded' | BatchFallback | null;
  readonly intendedAtMs: number;
}

/** A row stays as it was when its call was given up or answered. */
export interface BatchCalls {
  /** All of these tasks, whatever became of them. */
  calls(scope: Scope, taskIds: readonly string[]): Promise<readonly BatchCall[]>;
  /** A submission is about to be sent; calls of an earlier one are taken over. */
  intend(calls: readonly IntendedCall[]): Promise<void>;
  /** Gives how many of its calls still belong to the submission. */
  sent(submission: string, batchId: string): Promise<number>;
  /** The submission was not sent. */
  drop(submission: string): Promise<void>;
  end(id: Id, outcome: NonNullable<BatchCall['outcome']>): Promise<void>;
  /** Which of these batches are ours already. */
  known(batchIds: readonly string[]): Promise<readonly string[]>;
  /** What the batch's calls hold of budgets is still waited for. */
  touch(scope: Scope, batchId: string): Promise<void>;
  /** An answer that nobody waits for cost this much. */
  settle(call: Id & { readonly attempt: string }, costMicroUsd: number): Promise<void>;
  /** Sent for goals that have ended since, with nothing known of them. */
  orphans(): Promise<readonly BatchCall[]>;
}
