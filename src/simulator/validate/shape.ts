/** Small checks that speak the API's own error language; pure. */
import type { ApiProblem } from '../api-error.ts';
import { invalid } from '../api-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** True for a plain JSON object. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first problem of lazily tried checks. */
export function firstProblem(checks: Iterable<ApiProblem | undefined>): ApiProblem | undefined {
  for (const problem of checks) if (problem) return problem;
  return undefined;
}

/** A field that the API does not know. `path` ends with a dot or is empty. */
export function unknownField(
  value: Fields,
  known: Readonly<Record<string, true>>,
  path: string,
): ApiProblem | undefined {
  const name = Object.keys(value).find((key) => !Object.hasOwn(known, key));
  return name === undefined ? undefined : invalid(`${path}${name}: Extra inputs are not permitted`);
}

/** `cache_control` of a block. */
export function cacheControlProblem(value: unknown, path: string): ApiProblem | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || value.type !== 'ephemeral') {
    return invalid(`${path}: Input tag does not match any of the expected tags: 'ephemeral'`);
  }
  if (value.ttl !== undefined && value.ttl !== '5m' && value.ttl !== '1h') {
    return invalid(`${path}.ephemeral.ttl: Input should be '5m' or '1h'`);
  }
  return undefined;
}
