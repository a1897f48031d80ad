/** An agent as data: zod schema and types. Host side only (zod). */
import { z } from 'zod';

/** An agent that the manager may give tasks to. */
export const agentSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .describe('Unique name, lower case.'),
  description: z.string().min(1).max(500).describe('What it is good at; the manager chooses by this.'),
  instructions: z.string().min(1).max(20_000).describe('Its role and way of working, in plain words.'),
  tier: z.enum(['fast', 'balanced', 'deep']).default('balanced').describe('Default model tier.'),
  tools: z.array(z.string().min(1).max(128)).max(100).default([]).describe('Names of the tools it may use.'),
});
export type AgentDefinition = z.infer<typeof agentSchema>;
