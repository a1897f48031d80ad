/** Events that only the workflow knows, written in order, in batches, one local activity at a time. Workflow side. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { WorkflowEvent } from '../../core/contracts/activities.ts';
import type { EventType } from '../../core/events.ts';
import { eventActivities } from './activities.ts';

const MAX_BATCH = 100;

/** Who the events belong to and the number the next one gets. */
export interface OutboxStart {
  readonly goalId: string;
  readonly tenant: string;
  readonly nextNumber: number;
}

/** The queue of events of one goal. */
export class Outbox {
  readonly #start: OutboxStart;
  readonly #waiting: WorkflowEvent[] = [];
  #next: number;
  #writing = false;

  constructor(start: OutboxStart) {
    this.#start = start;
    this.#next = start.nextNumber;
  }

  /** The number the next event will get. */
  get nextNumber(): number {
    return this.#next;
  }

  /** Queues an event; it is written soon, also while the goal is being cancelled. */
  emit(type: EventType, data: WorkflowEvent['data'] = {}, taskId?: string): void {
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

  /** Resolves when everything emitted so far is in the store. */
  async flushed(): Promise<void> {
    await CancellationScope.nonCancellable(() => condition(() => !this.#writing));
  }

  async #write(): Promise<void> {
    const { goalId, tenant } = this.#start;
    try {
      while (this.#waiting.length > 0) {
        const events = this.#waiting.splice(0, MAX_BATCH);
        await eventActivities.recordEvents({ goalId, tenant, events });
      }
    } finally {
      this.#writing = false;
    }
  }
}
