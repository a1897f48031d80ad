/** What the API refuses in JSON schemas of structured outputs and strict tools; pure. */
import type { ApiProblem } from '../api-error.ts';
import { invalid } from '../api-error.ts';
import { type Fields, firstProblem, isObject } from './shape.ts';

const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength'],
  array: ['maxItems', 'uniqueItems'],
};
const MAX_DEPTH = 32;

function typeProblem(schema: Fields, path: string): ApiProblem | undefined {
  const type = typeof schema.type === 'string' ? schema.type : '';
  const bad = (UNSUPPORTED[type] ?? []).filter((name) => schema[name] !== undefined);
  if (bad.length > 0) return invalid(`${path}: For '${type}' type, properties ${bad.join(', ')} are not supported`);
  if (type === 'array' && typeof schema.minItems === 'number' && schema.minItems > 1) {
    return invalid(`${path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`);
  }
  if (type === 'object' && schema.additionalProperties !== false) {
    return invalid(`${path}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  }
  return undefined;
}

function children(schema: Fields): unknown[] {
  const maps = [schema.properties, schema.$defs, schema.definitions]
    .filter(isObject)
    .flatMap((map) => Object.values(map));
  const lists = [schema.anyOf, schema.oneOf, schema.allOf].filter(Array.isArray).flat();
  return [...maps, ...lists, schema.items].filter(isObject);
}

/** The first thing in a schema that structured output does not support. */
export function schemaProblem(schema: unknown, path: string, depth = 0): ApiProblem | undefined {
  if (!isObject(schema)) return invalid(`${path}: Input should be a valid dictionary`);
  if (depth > MAX_DEPTH) return invalid(`${path}: Schema is too deeply nested`);
  return (
    typeProblem(schema, path) ?? firstProblem(children(schema).map((child) => schemaProblem(child, path, depth + 1)))
  );
}
