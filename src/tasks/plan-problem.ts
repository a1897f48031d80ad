/** How a problem of a plan is made, bounded and worded. Pure; runs on the host. */
import { escapeInvisible } from '../core/invisible.ts';
import type { PlanProblem } from '../core/plan.ts';

/** Problems reported at most for one plan. */
export const MAX_PROBLEMS = 20;
const MAX_MESSAGE = 1_000;
const MAX_PATH = 200;
const MAX_SHOWN = 60;
const MAX_LIST = 800;

/** Every code a plan problem can have; stable, for tests and for programs that read them. */
export type PlanProblemCode =
  | 'plan.not-json'
  | 'plan.fenced'
  | 'plan.too-large'
  | 'plan.too-deep'
  | 'plan.duplicate-key'
  | 'plan.bad-number'
  | 'plan.bad-value'
  | 'plan.bad-text'
  | 'plan.unknown-field'
  | 'plan.empty'
  | 'plan.too-many-tasks'
  | 'plan.too-many-edges'
  | 'plan.bad-id'
  | 'plan.duplicate-id'
  | 'plan.unknown-agent'
  | 'plan.unknown-dependency'
  | 'plan.unknown-task'
  | 'plan.self-dependency'
  | 'plan.duplicate-dependency'
  | 'plan.cycle'
  | 'plan.frozen-task-dropped'
  | 'plan.frozen-task-changed'
  | 'plan.depends-on-failed'
  | 'plan.criteria-changed'
  | 'plan.unknown-task'
  | 'plan.task-started'
  | 'plan.task-not-ended'
  | 'plan.nothing-changed'
  | 'plan.more-problems';

/** A problem with its texts cut to bounds and without control characters. `path` is empty when the whole plan is meant. */
export function problem(code: PlanProblemCode, path: string, message: string): PlanProblem {
  return { code, path: cut(plain(path), MAX_PATH), message: cut(plain(message), MAX_MESSAGE) };
}

/** At most MAX_PROBLEMS; when there are more, the last one says how many are missing. */
export function limitProblems(problems: readonly PlanProblem[]): PlanProblem[] {
  if (problems.length <= MAX_PROBLEMS) return [...problems];
  const rest = problems.length - MAX_PROBLEMS + 1;
  const note = problem(
    'plan.more-problems',
    '',
    `${rest} further problems are not listed. Look for the same mistakes.`,
  );
  return [...problems.slice(0, MAX_PROBLEMS - 1), note];
}

/** One line per problem, for the model's repair turn and for people: `tasks[1].id: message [code]`. */
export function problemLines(problems: readonly PlanProblem[]): string[] {
  return problems.map(({ code, path, message }) => `${path === '' ? 'plan' : path}: ${message} [${code}]`);
}

/** A foreign value quoted for a message: cut, controls and invisible characters spelt out. */
export function show(value: unknown): string {
  if (typeof value === 'string') return escapeInvisible(JSON.stringify(cut(value, MAX_SHOWN)));
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'a list' : value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}

/** Names quoted and joined by commas, as many as fit. */
export function listNames(names: readonly string[]): string {
  let text = '';
  for (const [i, name] of names.entries()) {
    const next = `${i === 0 ? '' : ', '}${show(name)}`;
    if (text.length + next.length > MAX_LIST) return `${text} and ${names.length - i} more`;
    text += next;
  }
  return text;
}

/** The first `max` UTF-16 units and an ellipsis; never half of a surrogate pair. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** One line that a terminal shows as it stands. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
