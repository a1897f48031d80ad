/** Pausing a goal and cancelling one of its tasks. Host side. */
import { z } from 'zod';
import type { CancelTaskResult } from '../core/contracts/control.ts';
import { cancelTaskUpdate, pauseSignal } from '../core/contracts/messages.ts';
import type { ClientParts } from './client-parts.ts';
import { openGoal } from './control-goal.ts';
import { authorField, checkInput, taskField } from './input-door.ts';
import { isOpenTask, lostGoal, tellGoal } from './tell-goal.ts';

const authoredSchema = z.strictObject({ author: authorField });
export const authoredTaskSchema = z.strictObject({ taskId: taskField, author: authorField });

/** How a workflow refuses a task that it does not know yet. */
const BEHIND: ReadonlySet<string> = new Set(['control.invalid', 'control.busy']);

/** Who does it; default `client`. It is written into the goal's story. */
export type Authored = z.input<typeof authoredSchema>;

/** A task of the goal's plan, and who acts on it. */
export type AuthoredTask = z.input<typeof authoredTaskSchema>;

/** Nothing new begins until `resume`; what is in flight ends. Errors: `goal.closed`, `goal.lost`, `control.invalid`. */
export async function pauseGoal(parts: ClientParts, goalId: string, raw: Authored): Promise<void> {
  const { author } = checkInput(authoredSchema, raw, { what: 'The pause' });
  await openGoal(parts, goalId);
  if ((await parts.workflows.signal(goalId, pauseSignal, { author })) === 'sent') return;
  await openGoal(parts, goalId);
  throw lostGoal(goalId);
}

/** Cancels one task; what depends on it is skipped. Errors: `control.invalid` (no such task, ended), `goal.closed`, `goal.lost`. */
export async function cancelTaskOf(parts: ClientParts, goalId: string, raw: AuthoredTask): Promise<CancelTaskResult> {
  const input = checkInput(authoredTaskSchema, raw, { what: 'The cancel' });
  return tellGoal(parts, goalId, {
    update: cancelTaskUpdate,
    input,
    isBehind: (refusal, goal) => BEHIND.has(refusal) && isOpenTask(goal, input.taskId),
  });
}
