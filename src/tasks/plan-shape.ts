/** The shape of a plan: sizes before anything is walked, then the schema, its issues worded as problems. Host side (zod). */
import type { z } from 'zod';
import { ABSOLUTE_MAX_TASKS, MAX_EDGES } from '../core/contracts/limits.ts';
import { type Plan, type PlanProblem, planSchema } from '../core/plan.ts';
import { listNames, problem, show } from './plan-problem.ts';

const MAX_CRITERIA = 20;
const MAX_FIELDS = 50;
const NUMBERS: ReadonlySet<PropertyKey> = new Set(['priority', 'timeoutMs']);

type Fields = Readonly<Record<string, unknown>>;

/** The value as an object with fields; undefined for anything else. */
export function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Why the value is no plan at all, or too big to be looked at more closely. Empty when it can be read on. */
export function sizeProblems(raw: unknown, maxTasks: number): PlanProblem[] {
  const plan = asFields(raw);
  if (!plan) {
    const found = `The plan must be one JSON object with "title" and "tasks", not ${show(raw)}.`;
    return [problem('plan.bad-value', '', `${found} Give such an object.`)];
  }
  if (!Array.isArray(plan.tasks)) {
    return [
      problem('plan.bad-value', 'tasks', `"tasks" must be a list of tasks, not ${show(plan.tasks)}. Give the list.`),
    ];
  }
  if (plan.tasks.length === 0) return [problem('plan.empty', 'tasks', 'The plan has no task. Give at least one.')];
  const limit = Math.min(maxTasks, ABSOLUTE_MAX_TASKS);
  if (plan.tasks.length > limit) {
    const count = `The plan has ${plan.tasks.length} tasks; at most ${limit} are allowed.`;
    return [problem('plan.too-many-tasks', 'tasks', `${count} Merge tasks that one agent can do in one go.`)];
  }
  return [
    ...partProblems(plan, ''),
    ...plan.tasks.flatMap((task, i) => partProblems(asFields(task), `tasks[${i}].`)),
    ...edgeProblems(plan.tasks),
  ];
}

/** Lists and objects longer than any valid one, so that the schema never walks them. */
function partProblems(part: Fields | undefined, at: string): PlanProblem[] {
  if (!part) return [];
  const problems: PlanProblem[] = [];
  const { acceptanceCriteria: criteria } = part;
  if (Array.isArray(criteria) && criteria.length > MAX_CRITERIA) {
    const text = `There are ${criteria.length} criteria; at most ${MAX_CRITERIA} are allowed. Keep those that matter most.`;
    problems.push(problem('plan.bad-value', `${at}acceptanceCriteria`, text));
  }
  const fields = Object.keys(part).length;
  if (fields > MAX_FIELDS) {
    problems.push(
      problem('plan.unknown-field', at.slice(0, -1), `There are ${fields} fields here. Use only those of the schema.`),
    );
  }
  return problems;
}

function edgeProblems(tasks: readonly unknown[]): PlanProblem[] {
  let edges = 0;
  for (const task of tasks) {
    const list = asFields(task)?.dependsOn;
    if (Array.isArray(list)) edges += list.length;
  }
  if (edges <= MAX_EDGES) return [];
  const count = `The plan has ${edges} dependencies; at most ${MAX_EDGES} are allowed.`;
  return [
    problem(
      'plan.too-many-edges',
      'tasks',
      `${count} Name only results that a task needs directly, or join through one task.`,
    ),
  ];
}

/** The plan by the schema, or its problems. */
export function parseShape(raw: unknown): { readonly plan: Plan } | { readonly problems: PlanProblem[] } {
  const parsed = planSchema.safeParse(raw);
  if (!parsed.success) return { problems: parsed.error.issues.map(issueProblem) };
  const problems = textProblems(parsed.data);
  return problems.length > 0 ? { problems } : { plan: parsed.data };
}

type Issue = z.core.$ZodIssue;

function issueProblem(issue: Issue): PlanProblem {
  const path = pathOf(issue.path);
  const last = issue.path.at(-1);
  if (issue.code === 'unrecognized_keys') {
    const names = `Unknown field ${listNames(issue.keys.slice(0, 10))}. Remove it; only the fields of the schema count.`;
    return problem('plan.unknown-field', path, names);
  }
  if (last === 'id' && issue.path.length === 3) {
    const rule = 'An id has 1 to 64 characters of a-z, 0-9, "-" and "_", and starts with a letter or digit.';
    return problem('plan.bad-id', path, `This is no valid task id. ${rule} Choose such an id.`);
  }
  const code = last !== undefined && NUMBERS.has(last) ? 'plan.bad-number' : 'plan.bad-value';
  return problem(code, path, `${issue.message}. Correct the value.`);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/** Texts that the database or another reader could not carry. */
function textProblems(plan: Plan): PlanProblem[] {
  const { tasks, ...whole } = plan;
  const texts = [...textsOf(whole, ''), ...tasks.flatMap((task, i) => textsOf(task, `tasks[${i}].`))];
  return texts
    .filter(([, text]) => !text.isWellFormed() || text.includes('\u0000'))
    .map(([path]) =>
      problem(
        'plan.bad-text',
        path,
        'The text holds a NUL or half of a surrogate pair. Write it without such characters.',
      ),
    );
}

function textsOf(part: object, at: string): [path: string, text: string][] {
  return Object.entries(part).flatMap(([key, value]): [string, string][] => {
    if (typeof value === 'string') return [[`${at}${key}`, value]];
    if (!Array.isArray(value)) return [];
    return value.map((text, i): [string, string] => [`${at}${key}[${i}]`, String(text)]);
  });
}
