/** The client's `schedules`: goals that start by themselves. Host side. */
import type { ScheduleDetail, ScheduleInput, ScheduleSummary } from '../../core/schedule.ts';
import type { ClientParts } from '../client-parts.ts';
import { withKnownErrors } from '../known-error.ts';
import {
  type BackfillRange,
  type ByAuthor,
  backfillSchedule,
  type CreateOptions,
  createSchedule,
  deleteSchedule,
  pauseSchedule,
  type ScheduleChange,
  triggerSchedule,
  unpauseSchedule,
  updateSchedule,
} from './manage-schedules.ts';
import { listSchedules, showSchedule } from './show-schedules.ts';

/** Schedules. An unknown id: `schedule.not-found`. */
export interface Schedules {
  /** Refused: `schedule.invalid` (also one that never fires), `schedule.exists`. */
  create(schedule: ScheduleInput, options?: CreateOptions): Promise<ScheduleDetail>;
  /** Replaces what is given; a pause stays. Refused: `schedule.invalid`, `budget.invalid` (lower than it was). */
  update(id: string, change: ScheduleChange & ByAuthor): Promise<ScheduleDetail>;
  list(): Promise<readonly ScheduleSummary[]>;
  /** With the next ten times, and what became of the last twenty. */
  show(id: string): Promise<ScheduleDetail>;
  /** Its goals stay; one that runs goes on. */
  delete(id: string): Promise<void>;
  /** Starts nothing until it is resumed; the note says why. */
  pause(id: string, note?: string): Promise<void>;
  unpause(id: string, note?: string): Promise<void>;
  /** A tick now, also while it is paused; its overlap policy holds. */
  trigger(id: string): Promise<void>;
  /** Makes up for the ticks of a time that has passed. Those that have a goal get no second one. */
  backfill(id: string, range: BackfillRange): Promise<void>;
}

export function createSchedules(parts: ClientParts): Schedules {
  const known = <T>(work: () => Promise<T>) => withKnownErrors(work);
  return {
    create: (schedule, options = {}) =>
      known(async () => {
        await createSchedule(parts, schedule, options);
        return showSchedule(parts, schedule.id);
      }),
    update: (id, change) =>
      known(async () => {
        await updateSchedule(parts, id, change);
        return showSchedule(parts, id);
      }),
    list: () => known(() => listSchedules(parts)),
    show: (id) => known(() => showSchedule(parts, id)),
    delete: (id) => known(() => deleteSchedule(parts, id)),
    pause: (id, note = '') => known(() => pauseSchedule(parts, id, note)),
    unpause: (id, note = '') => known(() => unpauseSchedule(parts, id, note)),
    trigger: (id) => known(() => triggerSchedule(parts, id)),
    backfill: (id, range) => known(() => backfillSchedule(parts, id, range)),
  };
}
