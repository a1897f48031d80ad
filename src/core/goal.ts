/** A goal as a person asks for it, and as the store keeps it: zod schema and types. Host side only (zod). */
import { z } from 'zod';
import { MAX_BUDGET_USD, MIN_BUDGET_USD } from './contracts/budget.ts';
import type { Census, FinalStatus, GoalStatus } from './contracts/goal.ts';
import { ABSOLUTE_MAX_TASKS, DEFAULT_MAX_TASKS, MAX_GOAL_BYTES } from './contracts/limits.ts';
import { planSchema } from './plan.ts';

const utf8 = new TextEncoder();
/** A string that Postgres, JSON and Temporal all carry unchanged. */
const wellFormed = (value: string): boolean => value.isWellFormed() && !value.includes('\u0000');

/** A goal request at any door. Unknown fields are refused; nothing is coerced. */
export const goalRequestSchema = z.strictObject({
  text: z
    .string()
    .refine(wellFormed, 'holds a NUL or a lone surrogate')
    .refine((value) => value.trim().length > 0, 'is empty')
    .refine((value) => utf8.encode(value).length <= MAX_GOAL_BYTES, `is longer than ${MAX_GOAL_BYTES} bytes of UTF-8`)
    .describe('The goal, in plain words.'),
  plan: planSchema.optional().describe('A plan to run as it is; without it the manager plans.'),
  verify: z.enum(['off', 'final', 'each-task']).optional().describe('What the checker checks.'),
  synthesis: z.boolean().optional().describe('Whether the manager writes one deliverable from the results.'),
  maxParallelTasks: z.int().min(1).max(500).optional().describe('Tasks that may run at once.'),
  maxTasks: z
    .int()
    .min(1)
    .max(ABSOLUTE_MAX_TASKS)
    .optional()
    .describe(`Tasks the plan may have, ${DEFAULT_MAX_TASKS} by default.`),
  budgetUsd: z
    .number()
    .min(MIN_BUDGET_USD)
    .max(MAX_BUDGET_USD)
    .optional()
    .describe('USD the goal may spend on model calls: a hard stop.'),
  onBudget: z
    .enum(['wait', 'partial'])
    .optional()
    .describe('When the budget is used up: wait until it is raised, or end with what is there.'),
  tags: z
    .array(z.string().regex(/^[a-z0-9-]{1,32}$/))
    .max(10)
    .optional()
    .describe('Labels to find the goal by.'),
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('The same key and body give the same goal.'),
});
export type GoalRequest = z.infer<typeof goalRequestSchema>;
export type GoalRequestInput = z.input<typeof goalRequestSchema>;

/** A goal as the read model shows it. Times are ISO 8601 in UTC. */
export interface GoalSummary {
  readonly goalId: string;
  readonly tenant: string;
  readonly title: string;
  readonly status: GoalStatus;
  readonly awaiting: string | null;
  readonly reason: string | null;
  readonly tags: readonly string[];
  readonly simulated: boolean;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly costMicroUsd: number;
  readonly modelCalls: number;
}

/** Everything a finished or running goal shows. */
export interface GoalDetail extends GoalSummary {
  readonly text: string;
  /** The goal text holds characters that do not show (zero width, bidi, tags). */
  readonly invisibleCharacters: boolean;
  readonly tasks: readonly TaskView[];
  readonly deliverable: string | null;
  readonly criteria: readonly CriterionView[];
  readonly census: Census | null;
  /** Absent when the goal has none. */
  readonly budget?: GoalBudget;
}

/** A goal's budget in micro-USD: settled + reserved ≤ cap at every moment. */
export interface GoalBudget {
  readonly capMicroUsd: number;
  /** Paid for recorded calls. */
  readonly settledMicroUsd: number;
  /** Held for calls in flight. */
  readonly reservedMicroUsd: number;
}

/** One task as the read model shows it. */
export interface TaskView {
  readonly taskId: string;
  readonly title: string;
  readonly agent: string;
  readonly agentReason: string;
  readonly tier: string;
  readonly dependsOn: readonly string[];
  readonly optional: boolean;
  readonly status: string;
  readonly reason: string | null;
  readonly summary: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly costMicroUsd: number;
  readonly modelCalls: number;
  readonly revision: number;
}

/** One acceptance criterion with its verdict and evidence. `taskId` is null for the goal's own criteria. */
export interface CriterionView {
  readonly taskId: string | null;
  readonly criterion: string;
  readonly verdict: 'pass' | 'fail' | 'unverified';
  readonly quote: string | null;
  readonly source: string | null;
  readonly reason: string;
}

/** The end of a goal, as scripts get it. */
export interface GoalResult {
  readonly goalId: string;
  readonly status: FinalStatus;
  readonly reason: string | null;
  readonly deliverable: string | null;
  readonly census: Census;
  readonly criteria: readonly CriterionView[];
}
