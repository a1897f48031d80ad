/** The door every goal request passes: size first, then the plan, then the schema, with errors that name the field. Host side. */
import { MAX_GOAL_BYTES } from '../core/contracts/limits.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import { type GoalRequest, goalRequestSchema } from '../core/goal.ts';
import type { PlanProblem } from '../core/plan.ts';
import { validatePlan } from '../tasks/validate-plan.ts';
import { checkInput, refusal } from './input-door.ts';

/** What a given plan is held against. */
export interface RequestRules {
  readonly agents: readonly string[];
  /** Tasks a plan may have when the request does not say. */
  readonly maxTasks: number;
}

/**
 * Checks a goal request from any door; nothing is coerced and nothing is dropped silently.
 * Throws OrchestratorError `goal.too-large`, `goal.invalid` or `plan.invalid` (facts: `problems`).
 */
export function parseGoalRequest(raw: unknown, rules: RequestRules): GoalRequest {
  refuseTooLarge(raw);
  if (isRecord(raw) && raw.plan !== undefined) refuseBadPlan(raw, rules);
  const request = checkInput(goalRequestSchema, raw, { what: WHAT, code: 'goal.invalid' });
  if (request.forkOf && !request.plan) throw refusal('goal.invalid', WHAT, [NO_PLAN]);
  return request;
}

const WHAT = 'The goal request';
const NO_PLAN: PlanProblem = { code: 'custom', path: 'plan', message: 'must be given with forkOf' };

function refuseTooLarge(raw: unknown): void {
  if (!isRecord(raw) || typeof raw.text !== 'string') return;
  const bytes = Buffer.byteLength(raw.text, 'utf8');
  if (bytes <= MAX_GOAL_BYTES) return;
  throw new OrchestratorError('goal.too-large', `text: has ${bytes} bytes of UTF-8, the limit is ${MAX_GOAL_BYTES}.`, {
    remedy: FAILURES['goal.too-large'].remedy,
    facts: { field: 'text', bytes, limit: MAX_GOAL_BYTES },
  });
}

function refuseBadPlan(raw: Record<string, unknown>, rules: RequestRules): void {
  const maxTasks = typeof raw.maxTasks === 'number' ? raw.maxTasks : rules.maxTasks;
  const checked = validatePlan(raw.plan, { agents: rules.agents, maxTasks });
  if (!checked.ok) throw refusal('plan.invalid', 'The plan', checked.problems);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
