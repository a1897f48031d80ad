/** Small things people tell a running goal: shapes and their checks, by hand, as zod stays out of workflows. Sandbox-safe. */
import { isAuthor, isBlobRef } from './approvals.ts';
import type { BlobRef } from './refs.ts';

/** Argument of `pauseSignal`. */
export interface PauseInput {
  readonly author: string;
}

/** Argument of `cancelTaskUpdate`. */
export interface CancelTaskInput {
  readonly taskId: string;
  readonly author: string;
}

/** Answer of `cancelTaskUpdate`: whether it has ended or a call of it has yet to stop; what depends on it is skipped then. */
export interface CancelTaskResult {
  readonly state: 'cancelled' | 'cancelling';
}

/** The shape check of `cancelTaskUpdate`. Extra members are refused. */
export function isCancelTaskInput(value: unknown): value is CancelTaskInput {
  if (typeof value !== 'object' || value === null) return false;
  const { taskId, author, ...rest } = value as Record<string, unknown>;
  return Object.keys(rest).length === 0 && typeof taskId === 'string' && isAuthor(author);
}

/** Notes of people that one goal takes at most. */
export const MAX_STEERING = 20;

/** Argument of `steerUpdate`: the text is in the store. `taskId`: only for this task. */
export interface SteerInput {
  readonly note: BlobRef;
  readonly author: string;
  readonly taskId?: string;
}

/** Answer of `steerUpdate`: how many tasks are at work and get it with their next turn; later ones get it at their start. */
export interface SteerResult {
  readonly running: number;
}

/** The shape check of `steerUpdate`. Extra members are refused. */
export function isSteerInput(value: unknown): value is SteerInput {
  if (typeof value !== 'object' || value === null) return false;
  const { note, author, taskId, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || (taskId !== undefined && typeof taskId !== 'string')) return false;
  return isBlobRef(note) && isAuthor(author);
}
