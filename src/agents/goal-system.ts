/** The part of the system prompt that all calls of one goal share, byte for byte, so that it is cached. Pure, sandbox-safe. */
import { PROMPT_TAGS } from '../core/prompt-tags.ts';
import { HOUSE_RULES } from './house-rules.ts';
import { escapeXml } from './xml.ts';

/** What of a plan the outline shows. */
export interface Outline {
  readonly tasks: readonly { readonly id: string; readonly title: string; readonly agent: string }[];
}

/** Tasks that the outline lists; longer plans are cut with a note. */
const MAX_OUTLINED = 200;

/** House rules, the goal, and with a plan its outline. Equal inputs give equal bytes. */
export function goalSystem(input: { readonly goalText: string; readonly outline?: Outline }): string {
  const goal = `<${PROMPT_TAGS.goal}>\n${escapeXml(input.goalText)}\n</${PROMPT_TAGS.goal}>`;
  const parts = [HOUSE_RULES, 'This is the goal, in the words of the person who gave it:', goal];
  if (input.outline)
    parts.push(
      'This is the plan that is being carried out, one line per task: id, title, agent.',
      outline(input.outline),
    );
  return parts.join('\n\n');
}

function outline({ tasks }: Outline): string {
  const lines = tasks.slice(0, MAX_OUTLINED).map(({ id, title, agent }) => {
    const text = title.replace(/\s+/g, ' ').trim();
    return `- ${escapeXml(id)}: ${escapeXml(text)} (${escapeXml(agent)})`;
  });
  const more = tasks.length > MAX_OUTLINED ? [`- and ${tasks.length - MAX_OUTLINED} more tasks`] : [];
  return ['<plan_outline>', ...lines, ...more, '</plan_outline>'].join('\n');
}
