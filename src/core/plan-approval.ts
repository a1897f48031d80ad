/** When plans need a person's approval, as people set it: zod schemas. Host side only (zod). */
import { z } from 'zod';
import { MAX_BUDGET_USD } from './contracts/budget.ts';
import { ABSOLUTE_MAX_TASKS } from './contracts/limits.ts';
import { EFFECTS } from './policy.ts';

const mode = z.enum(['auto', 'ask', 'ask-above']);
const costUsd = z.number().min(0).max(MAX_BUDGET_USD);
const tasks = z.int().min(0).max(ABSOLUTE_MAX_TASKS);
const effects = z.enum(EFFECTS);

const ABOUT = {
  costUsd: 'Plans whose forecast (90th percentile) is above so many USD.',
  tasks: 'Plans with more tasks.',
  effects: 'Plans with an agent that has a tool of a stronger effect.',
} as const;

/** Settings of `goals`. */
export const planApprovalSettings = {
  approvePlan: mode
    .default('auto')
    .describe('Whether a person approves plans before they run: never, always, or those above a threshold.'),
  askAbove: z
    .strictObject({
      costUsd: costUsd.default(5).describe(ABOUT.costUsd),
      tasks: tasks.default(50).describe(ABOUT.tasks),
      effects: effects.default('write').describe(ABOUT.effects),
    })
    .prefault({})
    .describe('Thresholds of ask-above.'),
};

/** Members of a goal request. */
export const planApprovalRequest = {
  approvePlan: mode.optional().describe('Whether a person approves the plan before it runs.'),
  askAbove: z
    .strictObject({
      costUsd: costUsd.optional().describe(ABOUT.costUsd),
      tasks: tasks.optional().describe(ABOUT.tasks),
      effects: effects.optional().describe(ABOUT.effects),
    })
    .optional()
    .describe('Thresholds of ask-above in place of the configured ones.'),
};
