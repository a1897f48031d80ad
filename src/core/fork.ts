/** Forks: edits of a goal's plan, and how a goal says what it is forked from. Host side only (zod). */
import { z } from 'zod';
import { isAuthor } from './contracts/approvals.ts';
import type { Range } from './contracts/goal.ts';
import { isGoalId } from './ids.ts';
import { planTaskSchema, TASK_ID } from './plan.ts';

const taskId = z.string().regex(TASK_ID, 'is not the id of a task');
const { title, instructions, agent, agentReason, tier, dependsOn, acceptanceCriteria, timeoutMs, ...more } =
  planTaskSchema.shape;

/** One edit: fields that are not named stay as they are. */
const forkEditSchema = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('change'),
    taskId,
    title: title.optional(),
    instructions: instructions.optional(),
    agent: agent.optional(),
    agentReason: agentReason.unwrap().optional(),
    tier: tier.optional(),
    dependsOn: dependsOn.unwrap().optional(),
    acceptanceCriteria: acceptanceCriteria.unwrap().optional(),
    effort: more.effort.unwrap().optional(),
    priority: more.priority.unwrap().optional(),
    timeoutMs,
    onFailure: more.onFailure.unwrap().optional(),
    optional: more.optional.unwrap().optional(),
  }),
  z.strictObject({ op: z.literal('add'), task: planTaskSchema }),
  z.strictObject({ op: z.literal('remove'), taskId }),
]);
export type ForkEdit = z.infer<typeof forkEditSchema>;

/** Edits in the order in which they are made. */
export const forkEditsSchema = z.array(forkEditSchema).max(2_000);

/** Tasks that are to run again though nothing of them has changed. */
export const rerunSchema = z.array(taskId).max(1_000);

/** What a goal is forked from; the plan it is given stands beside it. */
export const forkOfSchema = z.strictObject({
  goalId: z.string().refine(isGoalId, 'is not a goal id').describe('Goal whose unchanged results are taken over.'),
  rerun: rerunSchema.optional().describe('Tasks that run again all the same.'),
  author: z.string().refine(isAuthor, 'must have 1 to 100 characters').optional().describe('Who forked it.'),
});

/** Why a task of a fork runs, in the order in which it is asked; see `fatesOf` in the room tasks. */
export type WhyRun = 'new' | 'changed' | 'asked' | 'not-done' | 'unchecked' | 'upstream';

/** What becomes of one task in a fork. `why` is null when its result is taken over. */
export interface ForkTask {
  readonly taskId: string;
  readonly title: string;
  readonly why: WhyRun | null;
  /** What the original paid for it, in micro-USD; 0 where it had the result from another goal. */
  readonly paidMicroUsd: number;
}

/** What a fork would do, before it is made. */
export interface ForkPreview {
  readonly goalId: string;
  /** In plan order. */
  readonly tasks: readonly ForkTask[];
  /** What the original paid for the tasks that are taken over: not paid again. */
  readonly savedMicroUsd: number;
  /** What the original paid for the tasks that run again. */
  readonly paidMicroUsd: number;
  /** What running them, with synthesis and verification, will probably take: the 10th to the 90th percentile. */
  readonly forecast: { readonly costMicroUsd: Range; readonly durationMs: Range };
}
