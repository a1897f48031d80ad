/** The tool with which an agent asks a person: the workflow waits for the answer, the tool hands it over. Host side. */
import { z } from 'zod';
import { ASK_PERSON_TOOL } from '../core/prompt-tags.ts';
import { defineTool } from './tool.ts';

export const askPerson = defineTool({
  name: ASK_PERSON_TOOL,
  description:
    'Asks the person who gave the goal one question and waits for the answer. Only for what you cannot find out or decide yourself, and what would change the result.',
  input: z.strictObject({
    question: z.string().min(1).max(4_000).describe('The question, with what the person needs to know to answer it.'),
    options: z
      .array(z.string().min(1).max(200))
      .max(10)
      .optional()
      .describe('Answers to choose from, if there are any.'),
  }),
  effect: 'pure',
  repeatable: true,
  run: async (_input, { answer }) => {
    if (answer === undefined) return { text: 'Nobody answered in time. Go on with your best judgement and say so.' };
    return { text: answer };
  },
});
