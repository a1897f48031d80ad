/** The check of what callers give the client: unknown fields are refused, nothing is coerced, problems name their field. Host side. */
import { z } from 'zod';
import { isAuthor } from '../core/contracts/approvals.ts';
import { isBudgetUsd, MAX_BUDGET_USD } from '../core/contracts/budget.ts';
import { FAILURES, OrchestratorError } from '../core/failures.ts';
import { type PlanProblem, TASK_ID } from '../core/plan.ts';
import { inWords, schemaProblems } from './schema-problems.ts';

/** Problems spelled out in a message; the rest is counted. All of them stand in `facts.problems`. */
const SHOWN = 10;

type Code = keyof typeof FAILURES;

/** Text that Postgres, JSON and Temporal all carry unchanged. */
export const plainField = z.string().refine(isWellFormed, 'holds a NUL or a lone surrogate');

/** Who does it; default `client`. It is written into the goal's story. */
export const authorField = plainField.refine(isAuthor, 'must have 1 to 100 characters').default('client');

/** A task of the goal's plan. */
export const taskField = z.string().regex(TASK_ID, 'is not the id of a task');

/** A limit in USD. */
export const budgetField = z.number().refine(isBudgetUsd, `must be a number of USD above 0, at most ${MAX_BUDGET_USD}`);

/** A number of events or items that were seen. */
export const seqField = z.int().min(0);

export const signalField = z.instanceof(AbortSignal, { error: 'is not an AbortSignal' });

/** How many of a list, 1 to 1,000. */
export const limitField = z.int().min(1).max(1_000);

/** What a person says, up to `maxBytes` of UTF-8. */
export function textField(maxBytes: number) {
  return plainField
    .refine((text) => text.trim().length > 0, 'is empty')
    .refine((text) => Buffer.byteLength(text) <= maxBytes, `is longer than ${maxBytes} bytes`);
}

/** Gives what `raw` is by the schema. Errors: `code` (default `control.invalid`), with `what` is refused and why. */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  { what, code = 'control.invalid' }: { readonly what: string; readonly code?: Code },
): z.output<Schema> {
  const parsed = schema.safeParse(raw, { error: inWords });
  if (parsed.success) return parsed.data;
  throw refusal(code, what, schemaProblems(parsed.error));
}

/** `The edit is refused. operations[0].op: …`; facts: `problems`. */
export function refusal(code: Code, what: string, problems: readonly PlanProblem[]): OrchestratorError {
  const shown = problems
    .slice(0, SHOWN)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
  const more = problems.length > SHOWN ? ` (and ${problems.length - SHOWN} more)` : '';
  return new OrchestratorError(code, `${what} is refused. ${shown}${more}`, {
    remedy: FAILURES[code].remedy,
    facts: { problems },
  });
}

/** A name that a caller gave, as messages say it: whatever it is, it stays on a line and short. */
export function quoted(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 64));
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}
