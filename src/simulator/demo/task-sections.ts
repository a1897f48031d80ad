/** Sections of simulated results, filled from the goal and the results handed over. Pure. */
import type { HandedOver, ParsedPrompt } from '../parse-prompt.ts';
import { figuresOf, type GoalFacts, sentencesWith, shorten } from './goal-facts.ts';
import { SECTIONS } from './make-plan.ts';

/** What a section is written about. */
export interface SectionSource {
  readonly facts: GoalFacts;
  readonly prompt: ParsedPrompt;
  /** Phrases of the goal that the task is about; at least one. */
  readonly topics: readonly string[];
}

const quote = (sentence: string): string => `- “${sentence}”`;
const bullets = (lines: readonly string[], none: string): string[] => (lines.length > 0 ? [...lines] : [`- ${none}`]);

/** The first task, which builds on nothing, tells the whole goal; later ones what belongs to their topics. */
function says({ facts, prompt, topics }: SectionSource): string[] {
  if (prompt.handover.length === 0) return bullets(facts.sentences.slice(0, 12).map(quote), 'The goal states nothing.');
  const found = [...new Set(topics.flatMap((topic) => sentencesWith(facts, topic)))].slice(0, 6);
  return bullets((found.length > 0 ? found : facts.sentences.slice(0, 4)).map(quote), 'The goal states nothing.');
}

const hasFigure = (facts: GoalFacts, topic: string): boolean =>
  sentencesWith(facts, topic).some((sentence) => figuresOf(sentence).length > 0);

function gaps({ facts, topics }: SectionSource): string[] {
  return topics.slice(0, 4).map((topic) => {
    const count = sentencesWith(facts, topic).length;
    const figure = hasFigure(facts, topic) ? 'at least one figure stands' : 'no figure stands';
    return `- “${topic}” stands in ${count} statement${count === 1 ? '' : 's'} of the goal; beside it ${figure}.`;
  });
}

function figures({ facts }: SectionSource): string[] {
  const lines = facts.figures.map((figure) => {
    const sentence = facts.sentences.find((one) => one.includes(figure)) ?? '';
    return `- ${figure}${sentence === '' ? '' : `: “${shorten(sentence, 160)}”`}`;
  });
  return bullets(lines, 'The goal names no figure.');
}

const cell = (text: string): string => shorten(text.replaceAll('|', '/').replaceAll('\n', ' '), 90);

function compare({ facts, prompt, topics }: SectionSource): string[] {
  const rows = topics.slice(0, 6).map((topic) => {
    const sentences = sentencesWith(facts, topic);
    const among = sentences.flatMap(figuresOf).slice(0, 3).join(', ') || 'none';
    const result = prompt.handover.find((entry) => entry.output.includes(topic));
    return `| ${cell(topic)} | ${sentences.length} | ${cell(among)} | ${result ? `[${result.task}]` : 'none'} |`;
  });
  return ['| Phrase | Statements in the goal | Figures beside it | Result |', '|---|---|---|---|', ...rows];
}

function questions({ facts, topics }: SectionSource): string[] {
  const open = topics.filter((topic) => !hasFigure(facts, topic)).slice(0, 5);
  return bullets(
    open.map((topic) => `- Which figure or date belongs to “${topic}”? The goal gives none beside it.`),
    'Every phrase looked at has a figure beside it.',
  );
}

/** The first lines that a result says something in: list items and table rows. */
export function statementsOf(result: HandedOver, count: number): string[] {
  return result.output
    .split('\n')
    .filter((line) => /^(?:- |\| (?!Phrase))/.test(line))
    .slice(0, count);
}

function draft({ facts, prompt }: SectionSource): string[] {
  const parts = prompt.handover.flatMap((result) => [
    `**${result.title || result.task}** [${result.task}]`,
    '',
    ...bullets(statementsOf(result, 4), 'It hands over no statements.'),
    '',
  ]);
  return [`This draft answers: “${facts.title}”`, '', ...parts];
}

const WRITERS: Readonly<Record<string, (source: SectionSource) => string[]>> = {
  [SECTIONS.says]: says,
  [SECTIONS.gaps]: gaps,
  [SECTIONS.figures]: figures,
  [SECTIONS.compare]: compare,
  [SECTIONS.questions]: questions,
  [SECTIONS.draft]: draft,
};

/** A Markdown section; a name the demo does not know gets the goal's statements. */
export function section(name: string, source: SectionSource): string {
  const write = WRITERS[name] ?? says;
  return [`## ${name}`, '', ...write(source)].join('\n').trimEnd();
}
