/** The door every goal request passes: size first, then the plan, then the schema, with errors that name the field. Host side. */
import { MAX_GOAL_BYTES } from '../core/contracts/limits.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import { type GoalRequest, goalRequestSchema } from '../core/goal.ts';
import type { PlanProblem } from '../core/plan.ts';
import { validatePlan } from '../tasks/validate-plan.ts';
import { schemaProblems } from './schema-problems.ts';

/** Problems spelled out in a message; the rest is counted. All of them stand in `facts.problems`. */
const SHOWN_PROBLEMS = 10;

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
  const parsed = goalRequestSchema.safeParse(raw);
  if (!parsed.success) throw refusal('goal.invalid', 'The goal request is refused', schemaProblems(parsed.error));
  return parsed.data;
}

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
  if (!checked.ok) throw refusal('plan.invalid', 'The plan is refused', checked.problems);
}

function refusal(
  code: 'goal.invalid' | 'plan.invalid',
  what: string,
  problems: readonly PlanProblem[],
): OrchestratorError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `${problem.path || 'request'}: ${problem.message}`);
  const more = problems.length > SHOWN_PROBLEMS ? ` (and ${problems.length - SHOWN_PROBLEMS} more)` : '';
  return new OrchestratorError(code, `${what}. ${shown.join('; ')}${more}`, {
    remedy: FAILURES[code].remedy,
    facts: { problems },
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
