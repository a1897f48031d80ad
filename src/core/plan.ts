/** The plan with its texts, as the manager or a person writes it: zod schema and types. Host side only (zod). */
import { z } from 'zod';

/** Every task id: lower case, safe in paths, ids and maps. */
export const TASK_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const text = (max: number) => z.string().min(1).max(max);

/** One task of a plan. */
export const planTaskSchema = z.strictObject({
  id: z.string().regex(TASK_ID).describe('Short id in lower case, unique in the plan, e.g. "compare-options".'),
  title: text(200).describe('What the task is, in a few words.'),
  instructions: text(20_000).describe('What the agent must do and deliver, complete in itself.'),
  agent: text(64).describe('Name of the agent that does it, one of those listed.'),
  agentReason: z.string().max(500).default('').describe('Why this agent fits this task, in one sentence.'),
  tier: z.enum(['fast', 'balanced', 'deep']).describe('Model tier: fast for simple work, deep for hard reasoning.'),
  dependsOn: z.array(z.string()).max(1_000).default([]).describe('Ids of the tasks whose results this one needs.'),
  acceptanceCriteria: z
    .array(text(1_000))
    .max(20)
    .default([])
    .describe('Checkable statements that the result must meet.'),
  effort: z.enum(['S', 'M', 'L']).default('M').describe('Size: S, M or L.'),
  priority: z.int().min(1).max(5).default(3).describe('1 (last) to 5 (first), among tasks that are ready together.'),
  timeoutMs: z.int().min(1_000).max(86_400_000).optional().describe('Wall time in ms over all its turns.'),
  onFailure: z
    .enum(['retry', 'replan', 'skip-dependents', 'fail-goal'])
    .default('retry')
    .describe('What a failure does.'),
  optional: z.boolean().default(false).describe('True when the goal is complete without it.'),
});
export type PlanTask = z.infer<typeof planTaskSchema>;

/** A whole plan. */
export const planSchema = z.strictObject({
  title: text(200).describe('The goal in a few words.'),
  acceptanceCriteria: z
    .array(text(1_000))
    .max(20)
    .default([])
    .describe('Checkable statements that the deliverable must meet.'),
  tasks: z.array(planTaskSchema).min(1).max(1_000),
});
export type Plan = z.infer<typeof planSchema>;
/** A plan as a person may write it: defaults left out. */
export type PlanInput = z.input<typeof planSchema>;

/** One reason why a plan is refused. `path` names the place, e.g. `tasks[3].dependsOn[0]`. */
export interface PlanProblem {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}
