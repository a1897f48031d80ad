/** The demo's deliverable: task results put together in Markdown, each statement cited. Pure. */
import type { HandedOver, ParsedPrompt } from '../parse-prompt.ts';
import { wantedBy } from './criteria.ts';
import { type GoalFacts, shorten } from './goal-facts.ts';
import { SECTIONS } from './make-plan.ts';
import { SIMULATED_DELIVERABLE } from './script-marks.ts';
import { type SectionSource, section, statementsOf } from './task-sections.ts';

const isDone = (result: HandedOver): boolean => result.status === '' || result.status === 'done';

/** Statements of a result that no earlier one made, each with its citation. */
function findings(results: readonly HandedOver[]): string[] {
  const told = new Set<string>();
  return results.flatMap((result) => {
    const lines = statementsOf(result, 12).filter((line) => line.startsWith('- ') && !told.has(line));
    const fresh = lines.slice(0, 4);
    for (const line of fresh) told.add(line);
    const cited = fresh.map((line) => `${line} [${result.task}]`);
    const body = cited.length > 0 ? cited : [`- It repeats statements that stand above. [${result.task}]`];
    return [`### ${result.title || result.task}`, '', ...body, ''];
  });
}

function overview(facts: GoalFacts, results: readonly HandedOver[]): string {
  const ids = results.map((result) => `[${result.task}]`).join(', ');
  const phrases = facts.phrases
    .slice(0, 4)
    .map((phrase) => `“${phrase}”`)
    .join(', ');
  return [
    '## In short',
    '',
    `The goal asks: “${facts.title}”. Its main terms are ${phrases || `“${facts.subject}”`}.`,
    `${results.length} task results went into this text: ${ids || 'none'}.`,
  ].join('\n');
}

function unfinished(prompt: ParsedPrompt): string {
  if (prompt.unfinished.length === 0) return '';
  const lines = prompt.unfinished.map(
    ({ task, status }) => `- The task ${task} is ${status}; its part is missing here.`,
  );
  return ['## Not finished', '', ...lines].join('\n');
}

/** Sections asked for; the open questions come with the second version only, so that a verification has something to find. */
function askedSections(prompt: ParsedPrompt): string[] {
  const own = [SECTIONS.questions, ...wantedBy(prompt.criteria.join('\n')).sections];
  const late = prompt.feedback === undefined ? [] : wantedBy(prompt.feedback).sections;
  const all = [...new Set([...own, ...late])];
  return prompt.feedback === undefined ? all.filter((name) => name !== SECTIONS.questions) : all;
}

/** The Markdown deliverable; its first line says that it is simulated. */
export function deliverable(facts: GoalFacts, prompt: ParsedPrompt): string {
  const done = prompt.handover.filter(isDone);
  const source: SectionSource = { facts, prompt, topics: facts.phrases.length > 0 ? facts.phrases : [facts.subject] };
  const parts = [
    SIMULATED_DELIVERABLE,
    `# ${facts.title}`,
    overview(facts, done),
    ['## What the tasks found', '', ...findings(done)].join('\n').trimEnd(),
    facts.figures.length > 0 ? section(SECTIONS.figures, source) : '',
    ...askedSections(prompt)
      .filter((name) => name !== SECTIONS.figures)
      .map((name) => section(name, source)),
    unfinished(prompt),
  ];
  const text = parts.filter((part) => part !== '').join('\n\n');
  const phrases = wantedBy([...prompt.criteria, prompt.feedback ?? ''].join('\n')).phrases;
  const missing = phrases.filter((phrase) => !text.includes(phrase)).map((phrase) => `- ${shorten(phrase, 200)}`);
  return missing.length > 0 ? `${text}\n\n## Also asked for\n\n${missing.join('\n')}` : text;
}
