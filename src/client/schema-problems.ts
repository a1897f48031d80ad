/** zod errors as problems that name the field, e.g. `tags[2]`. Host side. */
import type { z } from 'zod';
import type { PlanProblem } from '../core/plan.ts';

/** One problem per issue; unknown fields get one each. */
export function schemaProblems(error: z.ZodError): PlanProblem[] {
  return error.issues.flatMap((issue): PlanProblem[] => {
    if (issue.code !== 'unrecognized_keys') {
      const missing = issue.code === 'invalid_type' && / received undefined$/.test(issue.message);
      return [{ code: issue.code, path: fieldPath(issue.path), message: missing ? 'is missing' : issue.message }];
    }
    return issue.keys.map((key) => ({
      code: issue.code,
      path: fieldPath([...issue.path, key]),
      message: 'is not a known field',
    }));
  });
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
