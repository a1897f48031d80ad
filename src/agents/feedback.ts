/** Feedback as a user message: the checker's findings, a plan's problems, the failure that a retry follows. Pure. */
import { PROMPT_TAGS } from '../core/prompt-tags.ts';
import { escapeXml } from './xml.ts';

/**
 * User message with the feedback. `text` must be made by our code, never by an agent or a tool: user text is trusted by
 * the model.
 */
export function feedbackMessage(text: string): string {
  const { feedback } = PROMPT_TAGS;
  return `<${feedback}>\n${escapeXml(text.trim())}\n</${feedback}>\n\nAct on this feedback, then finish in the form that was asked for at the start, with the whole answer.`;
}
