/** Events of a conversation as lines of text; foreign text is made safe. Pure. */
import type { GoalEvent } from '../../core/events.ts';
import { formatUsd } from '../view/format.ts';
import { safeLine, safeText } from '../view/safe-text.ts';
import { type Selectors, typed } from '../view/typed.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a person reads of an event; undefined for those that say nothing by themselves. Replies end with a line feed. */
export function chatLines({ type, data }: GoalEvent, selectors: Selectors = {}): string | undefined {
  switch (type) {
    case 'chat-message':
      return `${safeLine(textOf(data.author))}> ${safeText(textOf(data.text)).trimEnd()}\n`;
    case 'chat-reply':
      return `${safeText(textOf(data.text)).trim() || '(no words)'}\n`;
    case 'chat-failed':
      return `No answer: ${safeLine(textOf(data.reason))}\n`;
    case 'chat-goal-started':
      return `[goal ${textOf(data.goalId)} started]\n`;
    case 'chat-goal-ended':
      return goalEnded(data, selectors);
    case 'approval-request':
      return `[asks] ${safeLine(textOf(data.title))}\n`;
    case 'approval-decided':
      return `[${data.verdict === 'approve' ? 'approved' : 'denied'} by ${safeLine(textOf(data.by))}]\n`;
    default:
      return undefined;
  }
}

function goalEnded(data: GoalEvent['data'], selectors: Selectors): string {
  const cost = typeof data.costMicroUsd === 'number' ? `, ${formatUsd(data.costMicroUsd)}` : '';
  const why = textOf(data.reason) === '' ? '' : `: ${safeLine(textOf(data.reason))}`;
  const next =
    data.hasDeliverable === true
      ? ` Read it: \`${typed(`goals show ${textOf(data.goalId)} --deliverable`, selectors)}\`.`
      : '';
  return `[goal ${textOf(data.goalId)} ${textOf(data.status)}${cost}${why}] ${safeLine(textOf(data.title))}.${next}\n`;
}

/** Shows replies as they are written, and what was not seen of them when they are there. */
export class LiveReply {
  readonly #write: (text: string) => void;
  #shown = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Whether a reply stands on the screen that is not over. */
  get open(): boolean {
    return this.#shown !== '';
  }

  delta(text: string): void {
    this.#shown += text;
    this.#write(safeText(text));
  }

  /** The stored part of a reply: what live text was lost is shown now. */
  part(text: string): void {
    const shown = this.#shown;
    this.#shown = '';
    if (text.startsWith(shown)) this.#write(`${safeText(text.slice(shown.length)).trimEnd()}\n`);
    else this.#write(`\n${safeText(text).trim()}\n`);
  }
}
