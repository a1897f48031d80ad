/** Checks merged settings against the schema and says each problem in people's words. Host side. */
import type { z } from 'zod';
import { type Config, configSchema } from '../../core/config.ts';
import { type ConfigProblem, showValue } from './problems.ts';
import { expectation, nodeAt, type SchemaNode, valueAt } from './settings.ts';
import { didYouMean } from './suggest.ts';

/** Finds where a key's value came from, for messages. */
export type SourceOf = (key: string) => string;

/** The configuration, or all that is wrong with `input`. */
export function validateConfig(
  input: unknown,
  sourceOf: SourceOf,
): { readonly config?: Config; readonly problems: readonly ConfigProblem[] } {
  const result = configSchema.safeParse(input);
  if (result.success) return { config: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => explain(issue, { input, sourceOf, nodeAt })) };
}

/** What `explain` needs to know about the data an issue is about. */
export interface IssueContext {
  readonly input: unknown;
  readonly sourceOf: SourceOf;
  readonly nodeAt: (path: readonly (string | number)[]) => SchemaNode | undefined;
}

/** A zod issue as problems: one for each unknown key, else one. */
export function explain(issue: z.core.$ZodIssue, context: IssueContext): ConfigProblem[] {
  const path = issue.path as (string | number)[];
  const node = context.nodeAt(path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => unknownKey(name, path, context));
  }
  const key = path.join('.');
  const value = valueAt(context.input, path);
  const missing = value === undefined || value === null;
  return [
    {
      key,
      ...(missing ? {} : { value: showValue(value, node?.secret === true) }),
      source: context.sourceOf(key),
      message: missing ? 'it has no value' : issue.message.replace(/^(Invalid \w+: |Too \w+: )/, ''),
      remedy: node ? `Give ${expectation(node)}${missing ? ', or remove the key' : ''}.` : 'Correct it.',
    },
  ];
}

function unknownKey(name: string, path: readonly (string | number)[], context: IssueContext): ConfigProblem {
  const key = [...path, name].join('.');
  const names = Object.keys(context.nodeAt(path)?.properties ?? {});
  return { key, source: context.sourceOf(key), message: 'no setting has this name', remedy: didYouMean(name, names) };
}
