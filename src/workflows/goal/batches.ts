/** Calls of a batch goal: those that become ready together are sent together, and waited for by timers. Workflow side. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { SubmittedCall } from '../../core/contracts/batches.ts';
import type { CallModelInput } from '../../core/contracts/calls.ts';
import { type BatchDesk, type BatchedAnswer, type BatchedCall, isOver } from './batched-call.ts';
import type { GoalRun } from './goal-run.ts';
import { watchBatch } from './watch-batch.ts';

/** Calls of one submission, so that their inputs fit a payload. */
const MAX_CALLS = 50;

/** The batches of one goal. What happens to them goes on while a task or the goal is cancelled. */
export class Batches implements BatchDesk {
  readonly #run: () => GoalRun;
  readonly #ready: BatchedCall[] = [];
  /** Who waits for which batch. */
  readonly #open = new Map<string, BatchedCall[]>();
  #working = 0;

  constructor(run: () => GoalRun) {
    this.#run = run;
  }

  get idle(): boolean {
    return this.#working === 0;
  }

  get waiting(): number {
    return [...this.#open.values()].flat().filter((call) => !isOver(call)).length;
  }

  async ask(input: CallModelInput, interrupted: () => boolean): Promise<BatchedAnswer> {
    const call: BatchedCall = { input, cancelled: false };
    this.#ready.push(call);
    if (this.#ready.length === 1) this.#work(() => this.#sendReady());
    try {
      await condition(() => call.answer !== undefined || interrupted());
    } catch (error) {
      call.cancelled = true;
      throw error;
    }
    call.answer ??= { kind: 'parked' };
    return call.answer;
  }

  #work(work: () => Promise<void>): void {
    this.#working += 1;
    void CancellationScope.nonCancellable(work).finally(() => {
      this.#working -= 1;
    });
  }

  async #sendReady(): Promise<void> {
    const { windowMs = 1 } = this.#run().opened.limits.batch ?? {};
    await condition(() => this.#ready.every(isOver), Math.max(1, windowMs));
    while (this.#ready.length > 0) {
      const calls = this.#ready.splice(0, MAX_CALLS).filter((call) => !isOver(call));
      if (calls.length > 0) this.#work(() => this.#send(calls));
    }
  }

  async #send(calls: readonly BatchedCall[]): Promise<void> {
    try {
      const submitted = await this.#submit(calls);
      for (const [index, call] of calls.entries()) this.#sent(call, submitted[index] ?? { state: 'live' });
    } catch (error) {
      for (const call of calls) call.answer ??= { kind: 'failed', error };
    }
  }

  /** Stops when all of the calls are cancelled. */
  async #submit(calls: readonly BatchedCall[]): Promise<readonly SubmittedCall[]> {
    const { proxies, input } = this.#run();
    const { goalId, tenant } = input;
    const scope = new CancellationScope();
    let ended = false;
    void condition(() => ended || calls.every((call) => call.cancelled)).then(() => ended || scope.cancel());
    const sending = scope.run(() =>
      proxies.batches.submitBatch({ goalId, tenant, calls: calls.map((call) => call.input) }),
    );
    return (
      await sending.finally(() => {
        ended = true;
      })
    ).calls;
  }

  #sent(call: BatchedCall, submitted: SubmittedCall): void {
    if (submitted.state !== 'sent') {
      const { state: kind, ...rest } = submitted;
      call.answer ??= { kind, ...rest } as BatchedAnswer;
      return;
    }
    const { batchId } = submitted;
    const known = this.#open.get(batchId);
    if (known) {
      known.push(call);
      return;
    }
    const calls = [call];
    this.#open.set(batchId, calls);
    this.#work(async () => {
      try {
        await watchBatch(this.#run(), batchId, calls);
      } finally {
        this.#open.delete(batchId);
      }
    });
  }
}
