/** What the person says while agents are at work, as a user message. Pure. */
import { PROMPT_TAGS } from '../core/prompt-tags.ts';
import { escapeXml } from './xml.ts';

/** User message with the note. `text` is a person's own, as the goal is: never an agent's or a tool's. */
export function steeringMessage(text: string): string {
  const { note } = PROMPT_TAGS;
  return `<${note}>\n${escapeXml(text.trim())}\n</${note}>\n\nThe person who gave the goal says this while you work. Follow it as far as it concerns your request.`;
}
