/** Telling a goal's agents something while they work. Host side. */
import { z } from 'zod';
import type { SteerResult } from '../core/contracts/control.ts';
import { steerUpdate } from '../core/contracts/messages.ts';
import type { ClientParts } from './client-parts.ts';
import { authorField, checkInput, taskField, textField } from './input-door.ts';
import { isOpenTask, tellGoal } from './tell-goal.ts';

/** Longest note, in UTF-8 bytes. */
const MAX_BYTES = 16 * 1024;

const steeringSchema = z.strictObject({
  text: textField(MAX_BYTES),
  taskId: taskField.optional(),
  author: authorField,
});

/** What is said; `taskId`: only to this task. `author` is written into the goal's story. */
export type Steering = z.input<typeof steeringSchema>;

/**
 * The agents at work take it up with their next turn, later ones at their start; at most 20 notes a goal.
 * Errors: `control.invalid`, `goal.closed`, `goal.lost`.
 */
export async function steerGoal(parts: ClientParts, goalId: string, raw: Steering): Promise<SteerResult> {
  const { text, taskId, author } = checkInput(steeringSchema, raw, { what: 'The note' });
  const note = await parts.store.blobs.put(parts.tenant, Buffer.from(text));
  const input = { note, author, ...(taskId === undefined ? {} : { taskId }) };
  return tellGoal(parts, goalId, {
    update: steerUpdate,
    input,
    isBehind: (refusal, goal) => refusal === 'control.invalid' && taskId !== undefined && isOpenTask(goal, taskId),
  });
}
