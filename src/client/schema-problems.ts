/** zod errors as problems that name the field, e.g. `tags[2]`. Host side. */
import type { z } from 'zod';
import type { PlanProblem } from '../core/plan.ts';

/** One problem per issue; unknown fields get one each. */
export function schemaProblems(error: z.ZodError): PlanProblem[] {
  return error.issues.flatMap((issue): PlanProblem[] => {
    if (issue.code !== 'unrecognized_keys')
      return [{ code: issue.code, path: fieldPath(issue.path), message: issue.message }];
    return issue.keys.map((key) => ({
      code: issue.code,
      path: fieldPath([...issue.path, key]),
      message: 'is not a known field',
    }));
  });
}

/** What an issue is called whose schema has no words of its own: zod's error map, to be given when it parses. */
export function inWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${KINDS[issue.expected] ?? `of type ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_format':
      return issue.format === 'regex' ? `must match ${issue.pattern}` : `must be a ${issue.format}`;
    case 'invalid_union':
      return 'is none of what it can be';
    case 'invalid_key':
      return 'has a name that is not allowed';
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  const things = origin === 'string' ? 'character' : origin === 'array' || origin === 'set' ? 'item' : undefined;
  if (things) return `must have ${relation} ${limit} ${things}${Number(limit) === 1 ? '' : 's'}`;
  return `must be ${relation} ${limit}`;
}

/** `['plan', 'tasks', 3, 'id']` as `plan.tasks[3].id`; names that are not plain words are quoted. */
function fieldPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^\w{1,64}$/.test(String(part))) text += text ? `.${String(part)}` : String(part);
    else text += `[${JSON.stringify(String(part).slice(0, 64))}]`;
  }
  return text;
}
