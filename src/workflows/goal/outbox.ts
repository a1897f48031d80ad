/** Events that only the workflow knows, written in order, in batches, one after the other. Workflow side. */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { WorkflowEvent } from '../../core/contracts/activities.ts';
import type { EventType } from '../../core/events.ts';
import { eventActivities } from './activities.ts';
import type { LocalLane } from './local-lane.ts';

const MAX_BATCH = 100;
/** After a full batch the workflow task ends, so that those of other goals need not wait for all there is to write. */
const PAUSE_MS = 1;

/** Who the events belong to, the number the next one gets, and where they are written. */
export interface OutboxStart {
  readonly goalId: string;
  readonly tenant: string;
  readonly nextNumber: number;
  readonly lane: LocalLane;
}

/** The queue of events of one goal. */
export class Outbox {
  readonly #start: OutboxStart;
  readonly #waiting: WorkflowEvent[] = [];
  #next: number;
  #writing = false;
  #sealed = false;

  constructor(start: OutboxStart) {
    this.#start = start;
    this.#next = start.nextNumber;
  }

  /** The number the next event will get. */
  get nextNumber(): number {
    return this.#next;
  }

  /** A number for an event that an activity writes by itself. */
  takeNumber(): number {
    return this.#next++;
  }

  /** Everything emitted so far is in the store. */
  get idle(): boolean {
    return !this.#writing;
  }

  /** The end is being written down: nothing is told any more. */
  get sealed(): boolean {
    return this.#sealed;
  }

  /** Nothing is told any more: the next number is that of the end, which the store writes itself. */
  seal(): void {
    this.#sealed = true;
  }

  /** Queues an event; it is written soon, also while the goal is being cancelled. Dropped when the outbox is sealed. */
  emit(type: EventType, data: WorkflowEvent['data'] = {}, taskId?: string): void {
    if (this.#sealed) return;
    this.#waiting.push({
      number: this.#next++,
      type,
      atMs: Date.now(),
      data,
      ...(taskId === undefined ? {} : { taskId }),
    });
    if (this.#writing) return;
    this.#writing = true;
    void CancellationScope.nonCancellable(() => this.#write());
  }

  async #write(): Promise<void> {
    const { goalId, tenant, lane } = this.#start;
    try {
      while (this.#waiting.length > 0) {
        const events = this.#waiting.splice(0, MAX_BATCH);
        await lane.run(() => eventActivities.recordEvents({ goalId, tenant, events }));
        if (events.length === MAX_BATCH) await sleep(PAUSE_MS);
      }
    } finally {
      this.#writing = false;
    }
  }
}
