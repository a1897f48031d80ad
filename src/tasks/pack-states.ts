/** The states of a plan's tasks on the wire: one letter each, in plan order. Sandbox-safe. */
import type { TaskStatus } from '../core/contracts/plan.ts';
import type { ScheduleEntry } from './schedule.ts';

const LETTERS: Readonly<Record<TaskStatus, string>> = {
  waiting: 'w',
  ready: 'y',
  running: 'r',
  checking: 'k',
  done: 'd',
  failed: 'f',
  skipped: 's',
  cancelled: 'c',
};
/** Skipped for want of what it depends on. */
const BLOCKED = 'b';
const STATUSES = new Map((Object.keys(LETTERS) as TaskStatus[]).map((status) => [LETTERS[status], status]));

/** The letters of these states. */
export function packStates(entries: readonly ScheduleEntry[]): string {
  return entries.map(({ status, blocked }) => (blocked ? BLOCKED : LETTERS[status])).join('');
}

/** The states of the tasks with these ids; without a letter a task waits. */
export function unpackStates(ids: readonly string[], letters: string): ScheduleEntry[] {
  return ids.map((id, position) => {
    const letter = letters.charAt(position);
    if (letter === BLOCKED) return { id, status: 'skipped', blocked: true };
    return { id, status: STATUSES.get(letter) ?? 'waiting' };
  });
}
