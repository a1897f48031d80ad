/** What arguments and options complete to, and are chosen from on a terminal. Kept beside them, since Commander has no place for it. Pure. */
import { Argument, Option } from 'commander';

/** Where the values come from: the instance, the configuration (`agents`), or the file system. */
export type Source =
  | 'goals'
  | 'open-goals'
  | 'tasks'
  | 'approvals'
  | 'questions'
  | 'schedules'
  | 'conversations'
  | 'agents'
  | 'accounts'
  | 'halts'
  | 'files'
  | 'folders';

const SOURCES = new WeakMap<Argument | Option, Source>();

/** Says what `of` completes to; gives it back. */
export function completes<T extends Argument | Option>(of: T, source: Source): T {
  SOURCES.set(of, source);
  return of;
}

export function sourceOf(of: Argument | Option): Source | undefined {
  return SOURCES.get(of);
}

/** `<id>` of a goal; `open-goals`: of one that has not ended. */
export function goalId(source: 'goals' | 'open-goals' = 'open-goals'): Argument {
  return completes(new Argument('<id>', 'id of the goal'), source);
}

/** `<task>` of the goal that is named before. */
export function taskId(): Argument {
  return completes(new Argument('<task>', 'id of the task'), 'tasks');
}

/** `-o`: where the deliverable goes. */
export function outputOption(): Option {
  return completes(new Option('-o, --output <file>', 'write the deliverable to this file'), 'files');
}
