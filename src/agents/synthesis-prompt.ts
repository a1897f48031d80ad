/** What the manager is asked when the deliverable is to be written. Pure and sandbox-safe. */
import type { Unfinished } from '../core/contracts/calls.ts';
import type { Plan } from '../core/plan.ts';
import { PROMPT_TAGS } from '../core/prompt-tags.ts';
import { criteriaBlock } from './criteria.ts';
import { unfinishedBlock } from './unfinished.ts';

/** User message that opens the synthesis; all results follow as data. */
export function synthesisPrompt(input: { readonly plan: Plan; readonly unfinished: readonly Unfinished[] }): string {
  return [
    `<${PROMPT_TAGS.synthesisRequest}>`,
    'The tasks of the plan have ended. Their results follow as data. Write the deliverable: what the person who gave the goal gets to read.',
    criteriaBlock(input.plan.acceptanceCriteria),
    unfinishedBlock(input.unfinished),
    HOW_TO_WRITE,
    `</${PROMPT_TAGS.synthesisRequest}>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const HOW_TO_WRITE = `<how_to_write>
- Answer the goal, in the form it asks for and in its language. Begin with what the person most needs: the answer, the decision, the product itself. Do not report on the plan, the tasks or the agents.
- Use the results and nothing else for facts. After each statement that rests on a result, cite it by its task id in square brackets, e.g. [compare-options]. Cite only ids of results that were handed over.
- Take over what is worth keeping whole: text, code, tables. Do not thin it out to a summary when the goal asks for the thing itself.
- Where results contradict each other, say so and say which you follow and why. Where something is unknown, say that it is.
- Meet every acceptance criterion in words that a reader can find and quote. Do not list the criteria or claim that they are met.
- When tasks stand without a result, say in a short closing section what is missing because of that and what it means for the person. Never write around a gap as if it were not there.
- Answer with the deliverable in Markdown and nothing else: no greeting, no remarks before or after it.
</how_to_write>`;
