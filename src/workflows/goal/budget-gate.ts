/** Calls that the goal's budget did not hold: each is made again when money may have come free, or waits. Workflow side. */
import { condition } from '@temporalio/workflow';
import type { RefusedSpend } from '../../core/contracts/budget-ask.ts';

/** A call at the gate. */
export interface Waiter {
  /** Why it was refused last. */
  refusal?: RefusedSpend | undefined;
  /** How often money had come free when it was last made: a refusal may arrive later than what came free since. */
  freed: number;
  woken: boolean;
}

/** Told what becomes of the goal. */
export interface BudgetWatch {
  /** Nothing is in flight and no call fits. `end`: no call is made any more; `wait`: until `raised` or `giveUp`. */
  usedUp(): 'end' | 'wait';
  /** A call is made again, or none waits any more. */
  wentOn(): void;
}

/**
 * Settling a call can give money back, as its reservation is an upper bound: then one refused call is made again. With
 * nothing in flight those are tried that have not been since; when none is left, the budget is used up.
 */
export class BudgetGate {
  readonly #watch: BudgetWatch;
  readonly #waiters: Waiter[] = [];
  #inFlight = 0;
  #freed = 0;
  /** `#freed` after the last raise. */
  #raised = 0;
  #spent = false;

  constructor(watch: BudgetWatch) {
    this.#watch = watch;
  }

  /** The budget is used up for good: no call is made any more. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Why the calls were refused that wait, the latest last. */
  get refusals(): readonly RefusedSpend[] {
    return this.#waiters.flatMap(({ refusal }) => refusal ?? []);
  }

  /** A call starts. */
  enter(): Waiter {
    this.#inFlight += 1;
    return { freed: this.#freed, woken: true };
  }

  /** A call has ended, other than by a refusal. */
  leave(): void {
    this.#inFlight -= 1;
    this.#freed += 1;
    const [next] = this.#waiters;
    if (next) this.#wake(next);
    else this.#watch.wentOn();
  }

  /**
   * A call that had entered was refused: resolves when it is to be made again, having entered; false when it never is, or
   * waiting was interrupted.
   */
  async again(waiter: Waiter, interrupted: () => boolean): Promise<boolean> {
    if (waiter.freed < this.#raised) {
      waiter.freed = this.#freed;
      return true;
    }
    waiter.woken = false;
    this.#waiters.push(waiter);
    this.#inFlight -= 1;
    this.#advance();
    try {
      await condition(() => waiter.woken || this.#spent || interrupted());
    } catch (error) {
      this.#forget(waiter);
      throw error;
    }
    if (!waiter.woken) this.#forget(waiter);
    return waiter.woken;
  }

  /** The budget was raised: every refused call is made again. */
  raised(): void {
    this.#freed += 1;
    this.#raised = this.#freed;
    for (const waiter of [...this.#waiters]) this.#wake(waiter);
  }

  /** Nobody waits any longer: no call is made any more. */
  giveUp(): void {
    this.#spent = true;
  }

  #advance(): void {
    if (this.#inFlight > 0 || this.#spent || this.#waiters.length === 0) return;
    const next = this.#waiters.find((waiter) => waiter.freed < this.#freed);
    if (next) this.#wake(next);
    else this.#spent = this.#watch.usedUp() === 'end';
  }

  #wake(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    waiter.woken = true;
    waiter.freed = this.#freed;
    this.#inFlight += 1;
    this.#watch.wentOn();
  }

  /** The call was cancelled while it waited. */
  #forget(waiter: Waiter): void {
    if (waiter.woken) this.leave();
    else this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
  }
}
