/** An event that is to be stored. Types only. */
import type { EventType } from '../core/events.ts';
import type { Json } from '../core/json.ts';

/** An event to append; `number` (workflow events only) makes the insert idempotent by (goal, number). */
export interface NewEvent {
  readonly type: EventType;
  readonly taskId?: string;
  readonly data: Readonly<Record<string, Json>>;
  readonly number?: number;
  /** ms since the epoch; default: the database's clock. */
  readonly atMs?: number;
}
