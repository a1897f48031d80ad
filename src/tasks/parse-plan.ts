/** Turns the text of a plan into a value by strict JSON, without mending anything. Pure; runs on the host. */
import { MAX_JSON_DEPTH } from '../core/contracts/limits.ts';
import { escapeInvisible } from '../core/invisible.ts';
import type { PlanProblem } from '../core/plan.ts';
import { type JsonFlaw, scanJson } from './json-scan.ts';
import { problem, show } from './plan-problem.ts';

/** Longest plan text that is read, in UTF-16 units. */
export const MAX_PLAN_TEXT = 4 * 1024 * 1024;

export type ParsedPlan =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: PlanProblem[] };

/** The value of a plan text, or the one reason why it is refused. The value still needs `validatePlan`. */
export function parsePlanText(text: string): ParsedPlan {
  const refuse = (problem: PlanProblem): ParsedPlan => ({ ok: false, problems: [problem] });
  if (text.length > MAX_PLAN_TEXT) {
    const size = `The plan has ${text.length} characters; at most ${MAX_PLAN_TEXT} are read.`;
    return refuse(problem('plan.too-large', '', `${size} Shorten the instructions or use fewer tasks.`));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(notJson(text, error));
  }
  const flaw = scanJson(text, MAX_JSON_DEPTH);
  return flaw === undefined ? { ok: true, value } : refuse(flawProblem(flaw));
}

function notJson(text: string, error: unknown): PlanProblem {
  const alone = 'Answer with one JSON object alone: no prose, no code fence, no comments, no trailing commas.';
  if (text.trim() === '') return problem('plan.not-json', '', `The plan is empty. ${alone}`);
  if (text.includes('```')) return problem('plan.fenced', '', `The plan stands in a code fence. ${alone}`);
  const detail = error instanceof Error ? escapeInvisible(error.message.slice(0, 200)) : 'It cannot be read.';
  return problem('plan.not-json', '', `The plan is not valid JSON (${detail}). ${alone}`);
}

function flawProblem({ kind, path, token }: JsonFlaw): PlanProblem {
  const place = escapeInvisible(path);
  if (kind === 'duplicate-key') {
    return problem(
      'plan.duplicate-key',
      place,
      `The key ${show(JSON.parse(token))} stands twice in one object. Keep one.`,
    );
  }
  if (kind === 'too-deep') {
    return problem(
      'plan.too-deep',
      place,
      `The JSON is nested deeper than ${MAX_JSON_DEPTH} levels. Use the plan's plain form.`,
    );
  }
  return problem(
    'plan.bad-number',
    place,
    `The number ${show(token)} is too large to hold. Use a number within the limits.`,
  );
}
