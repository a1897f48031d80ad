/** What a tool is: name, zod input, effect and a function. Host side, activities only. */
import type { z } from 'zod';
import type { Effect } from '../core/policy.ts';
import type { Store } from '../store/store.ts';

/** What a tool call may use. */
export interface ToolContext {
  readonly goalId: string;
  readonly tenant: string;
  readonly taskId: string;
  /** Tasks whose results this task may read: all it depends on, directly or not. */
  readonly upstream: readonly string[];
  /** The goal's own folder; created on first use. */
  readonly workspace: string;
  readonly store: Pick<Store, 'results' | 'blobs'>;
  readonly signal: AbortSignal;
  /** What a person answered; only for the tool that asks. */
  readonly answer?: string;
}

/** What comes back: text for the model. `isError` marks a failure the model can react to. */
export interface ToolOutput {
  readonly text: string;
  readonly isError?: boolean;
}

/** A tool an agent may use. `repeatable` says that running it twice with the same input does no more than once. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType;
  readonly effect: Effect;
  readonly repeatable: boolean;
  /** What it returns comes from outside: the agent's context is untrusted from then on. */
  readonly untrusted?: true;
  run(input: unknown, context: ToolContext): Promise<ToolOutput>;
}

/** Makes a tool whose `run` gets the parsed input. */
export function defineTool<Input>(tool: {
  name: string;
  description: string;
  input: z.ZodType<Input>;
  effect: Effect;
  repeatable: boolean;
  untrusted?: true;
  run(input: Input, context: ToolContext): Promise<ToolOutput>;
}): Tool {
  return { ...tool, run: (input, context) => tool.run(input as Input, context) };
}
