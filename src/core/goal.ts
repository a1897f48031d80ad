/** A goal as a person asks for it, and as the store keeps it: zod schema and types. Host side only (zod). */
import { z } from 'zod';
import { MAX_BUDGET_USD, MAX_BUDGET_WAIT_MS, MIN_BUDGET_USD, MIN_BUDGET_WAIT_MS } from './contracts/budget.ts';
import type { Census, FinalStatus, GoalStatus } from './contracts/goal.ts';
import { ABSOLUTE_MAX_TASKS, DEFAULT_MAX_TASKS, MAX_GOAL_BYTES } from './contracts/limits.ts';
import { forkOfSchema } from './fork.ts';
import { planSchema } from './plan.ts';
import { planApprovalRequest } from './plan-approval.ts';
import { goalPolicySchema } from './policy.ts';

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
  forkOf: forkOfSchema.optional().describe('What the goal is forked from; its plan must be given.'),
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
  budgetWaitMs: z
    .int()
    .min(MIN_BUDGET_WAIT_MS)
    .max(MAX_BUDGET_WAIT_MS)
    .optional()
    .describe('Longest wait for the budget to be raised, in ms; then the goal ends with what is there.'),
  batch: z.boolean().optional().describe('Calls go through the Message Batches API: half the price, up to a day each.'),
  ...planApprovalRequest,
  priority: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('1 (last) to 5 (first) among the goals of a tenant; 3 by default.'),
  untrustedText: z
    .literal(true)
    .optional()
    .describe('The text holds what comes from outside: tools that change something ask first.'),
  policy: goalPolicySchema.optional().describe('Rules for tools, stricter than the configured ones.'),
  tags: z
    .array(z.string().regex(/^[a-z0-9-]{1,32}$/, 'must be 1 to 32 lower-case letters, digits and hyphens'))
    .max(10)
    .optional()
    .describe('Labels to find the goal by.'),
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces')
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
  /** What a person is to give, or `capacity`: calls of the goal wait for room at their model. */
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
  /** The goal whose unchanged results it has taken over, and who forked it. */
  readonly forkOf?: { readonly goalId: string; readonly author?: string };
  /** The goal text holds characters that do not show (zero width, bidi, tags). */
  readonly invisibleCharacters: boolean;
  readonly tasks: readonly TaskView[];
  readonly deliverable: string | null;
  readonly criteria: readonly CriterionView[];
  readonly census: Census | null;
  /** Absent when the goal has none. */
  readonly budget?: GoalBudget;
  /** The tick of the schedule that started it. */
  readonly scheduled?: { readonly scheduleId: string; readonly scheduledAt: string; readonly late: boolean };
}

/** A budget in micro-USD: settled + reserved ≤ cap at every moment. */
export interface GoalBudget {
  readonly capMicroUsd: number;
  /** Spent: recorded calls, repeated ones, and what is unknown. */
  readonly settledMicroUsd: number;
  /** Held for calls in flight. */
  readonly reservedMicroUsd: number;
  /** The part of `settledMicroUsd` that requests without an answer may have cost, at most. */
  readonly unknownMicroUsd: number;
}

/** An account: `goal/<id>`, `schedule/<id>` or `tenant/<yyyy-mm>`. */
export interface BudgetAccount extends Omit<GoalBudget, 'capMicroUsd'> {
  readonly account: string;
  /** The account that is charged as well; above the last one stands the tenant's of the month. */
  readonly parent: string | null;
  /** Null: no limit of its own. */
  readonly capMicroUsd: number | null;
}

/** An account with a limit of its own. */
export type CappedAccount = BudgetAccount & GoalBudget;

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
  /** `capacity`: a call of it waits for room at its model. */
  readonly awaiting?: 'capacity' | null;
  readonly reason: string | null;
  readonly summary: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly costMicroUsd: number;
  readonly modelCalls: number;
  readonly revision: number;
  /** The goal that made the result, when this one took it over. */
  readonly reusedFrom?: string | null;
}

/** When a task ran, what it waited for and what became of it. */
export type TaskRun = Pick<TaskView, 'taskId' | 'dependsOn' | 'status' | 'startedAt' | 'endedAt' | 'reusedFrom'>;

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
