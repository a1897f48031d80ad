/** An edit of a running plan as a person writes it, and what it came to: zod schema and types. Host side only (zod). */
import { z } from 'zod';
import type { Range } from './contracts/goal.ts';
import { planTaskSchema, TASK_ID } from './plan.ts';

/** Operations of one edit at most. */
const MAX_OPERATIONS = 100;

const task = planTaskSchema.shape;
const id = z.string().regex(TASK_ID, 'is not the id of a task');

/** What may be changed of a task; a default must not stand in for what is left out. */
const fields = {
  title: task.title.optional(),
  instructions: task.instructions.optional(),
  agent: task.agent.optional(),
  tier: task.tier.optional(),
  dependsOn: task.dependsOn.unwrap().optional(),
  acceptanceCriteria: task.acceptanceCriteria.unwrap().optional(),
  effort: task.effort.unwrap().optional(),
  priority: task.priority.unwrap().optional(),
  timeoutMs: task.timeoutMs,
  onFailure: task.onFailure.unwrap().optional(),
  optional: task.optional.unwrap().optional(),
};

/** One step of an edit. Operations apply in order; the plan must be whole after the last. */
const editOperationSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('add'), task: planTaskSchema }),
  /** Takes the task out; what depends on it must be changed or removed as well. */
  z.strictObject({ op: z.literal('remove'), taskId: id }),
  /** Another agent, text, tier, dependencies, …; what is left out stays. */
  z.strictObject({ op: z.literal('change'), taskId: id, ...fields }),
  /** Gives the task up; what needs it is skipped as well. */
  z.strictObject({ op: z.literal('skip'), taskId: id }),
  /** Starts a failed, cancelled or skipped task afresh, changed where fields are given. */
  z.strictObject({ op: z.literal('retry'), taskId: id, ...fields }),
]);
export type EditOperation = z.infer<typeof editOperationSchema>;

/** A whole edit. */
export const planEditSchema = z.strictObject({
  operations: z.array(editOperationSchema).min(1).max(MAX_OPERATIONS),
});
export type PlanEdit = z.infer<typeof planEditSchema>;
/** An operation as a person may write it: defaults left out. */
export type EditOperationInput = z.input<typeof editOperationSchema>;

/** One field of a task that is another now. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What the edit does to one task it names. */
export interface TaskChange {
  readonly task: string;
  readonly title: string;
  readonly kind: 'added' | 'removed' | 'changed' | 'skipped' | 'retried';
  /** Empty for removed and skipped tasks. */
  readonly fields: readonly FieldChange[];
}

/** What an edit comes to. */
export interface PlanDiff {
  readonly baseRevision: number;
  /** The plan's revision with the edit. */
  readonly revision: number;
  readonly author: string;
  readonly changes: readonly TaskChange[];
  /** Tasks that are skipped because they need one that is skipped. */
  readonly alsoSkipped: readonly string[];
  /** Skipped tasks that wait again because what they need is retried. */
  readonly reopened: readonly string[];
  /** What the goal will probably cost more (below 0: less) by it, micro-USD: forecasts of the tasks it concerns. */
  readonly costMicroUsd: Range;
}
