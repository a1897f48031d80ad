/** What agents and the checker hand in: zod schemas and types. Host side only (zod). */
import { z } from 'zod';

/** Input of the `submit_result` tool that ends a task. */
export const submissionSchema = z.strictObject({
  status: z.enum(['done', 'blocked']).describe('"blocked" only when the task cannot be done with what is at hand.'),
  summary: z.string().min(1).max(4_000).describe('The result in two to five sentences, for those who build on it.'),
  output: z.string().max(1_000_000).describe('The full result, in Markdown. Empty when blocked.'),
  evidence: z.array(z.string().max(2_000)).max(50).default([]).describe('Sources or checks that support the result.'),
});
export type Submission = z.infer<typeof submissionSchema>;

/** The checker's structured answer: one entry per criterion, by its number from 1. */
export const checkAnswerSchema = z.strictObject({
  verdicts: z.array(
    z.strictObject({
      criterion: z.int().min(1).describe('Number of the criterion.'),
      verdict: z.enum(['pass', 'fail']),
      source: z.string().describe('Id of the result the quote is taken from.'),
      quote: z.string().describe('Exact words of that result that show it; empty when nothing does.'),
      reason: z.string().describe('One sentence.'),
    }),
  ),
});
export type CheckAnswer = z.infer<typeof checkAnswerSchema>;
