/** zod schemas as what the API takes: structured output and strict tools. Host side, pure. */
import type Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import { modelError } from './model-error.ts';

/**
 * The structured-output format of a schema, without the SDK's `parse`, which on bad JSON throws away the usage. Limits
 * (lengths, ranges, patterns) reach Claude as words only: check the answer with the schema.
 * Throws `internal.bug` for a schema with a record or loose object.
 */
export function jsonFormat(schema: z.ZodType): Anthropic.JSONOutputFormat {
  return { type: 'json_schema', schema: jsonSchemaOf(schema) };
}

/** A tool whose input Claude must fit to the schema (an object's). Throws as `jsonFormat` does. */
export function toolParam(name: string, description: string, schema: z.ZodType): Anthropic.Tool {
  const inputSchema = jsonSchemaOf(schema);
  if (inputSchema.type !== 'object') throw modelError('internal.bug', `the input of tool ${name} is not an object`);
  return { name, description, strict: true, input_schema: { ...inputSchema, type: 'object' } };
}

function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  refuseOpenObjects(z.toJSONSchema(schema), '$');
  return { ...zodOutputFormat(schema).schema };
}

/** The SDK closes every object, so that a record could only ever be empty and a loose object would lose members. */
function refuseOpenObjects(node: unknown, path: string): void {
  if (typeof node !== 'object' || node === null) return;
  if ('additionalProperties' in node && typeof node.additionalProperties === 'object') {
    throw modelError('internal.bug', `the object at ${path} has members without names: use a list of pairs`);
  }
  for (const [key, child] of Object.entries(node)) refuseOpenObjects(child, `${path}.${key}`);
}
