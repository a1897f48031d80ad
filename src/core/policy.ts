/** What agents may do with tools: rules as people write them, zod schema and types. Host side (zod); types elsewhere. */
import { z } from 'zod';

/** What a tool may do to the world, from nothing to the irreversible. */
export const EFFECTS = ['pure', 'read', 'write', 'outward', 'destructive'] as const;
export type Effect = (typeof EFFECTS)[number];

const verdictSchema = z.enum(['allow', 'ask', 'deny']);
const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.*-]{1,64}$/)
  .describe('A name; * stands for any part of it.');
const scalarSchema = z.union([z.string().max(1_000), z.number(), z.boolean()]);

/** What an argument must be for a rule to hold. One member each. */
const conditionSchema = z.union([
  z.strictObject({ equals: scalarSchema.describe('Exactly this value.') }),
  z.strictObject({ oneOf: z.array(scalarSchema).min(1).max(100).describe('One of these values.') }),
  z.strictObject({
    like: z.string().min(1).max(200).describe('A text of this form; * stands for any part without /, ** for any part.'),
  }),
  z.strictObject({ max: z.number().describe('A number up to this one.') }),
]);
export type ArgumentCondition = z.infer<typeof conditionSchema>;

/** One rule: everything it names must hold. */
export const policyRuleSchema = z.strictObject({
  tool: nameSchema.optional().describe('Only for this tool.'),
  effect: z.enum(EFFECTS).optional().describe('Only for tools with this effect.'),
  agent: nameSchema.optional().describe('Only for this agent.'),
  trust: z
    .enum(['trusted', 'untrusted'])
    .optional()
    .describe('Only when the agent has, or has not, read what came from outside.'),
  arguments: z
    .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), conditionSchema)
    .optional()
    .describe('Only when these arguments are as said.'),
  verdict: verdictSchema.describe('What happens then.'),
});
export type PolicyRule = z.infer<typeof policyRuleSchema>;

/** The first rule that holds decides; without one the effect does. */
export const policySchema = z.strictObject({
  rules: z.array(policyRuleSchema).max(200).default([]).describe('Rules in order: the first that holds decides.'),
  byEffect: z
    .strictObject({
      pure: verdictSchema.default('allow').describe('Tools that do nothing but reckon.'),
      read: verdictSchema.default('allow').describe('Tools that read.'),
      write: verdictSchema.default('allow').describe('Tools that write into the goal’s own workspace.'),
      outward: verdictSchema.default('ask').describe('Tools that reach others.'),
      destructive: verdictSchema.default('ask').describe('Tools whose work cannot be undone.'),
    })
    .prefault({})
    .describe('What happens when no rule holds.'),
});
export type Policy = z.infer<typeof policySchema>;

/** Without any rule of one's own. */
export const DEFAULT_POLICY: Policy = policySchema.parse({});

/** A goal's own rules: they only make the configured policy stricter. */
export const goalPolicySchema = z.strictObject({
  rules: z
    .array(policyRuleSchema)
    .max(50)
    .describe('Rules that ask or deny beyond the configured ones; they allow nothing.'),
});
export type GoalPolicy = z.infer<typeof goalPolicySchema>;
