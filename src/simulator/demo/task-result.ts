/** A simulated task result: the sections its criteria ask for, written from the goal's own words. Pure. */
import { ASK_PERSON_TOOL } from '../../core/prompt-tags.ts';
import type { Submission } from '../../core/submission.ts';
import type { ParsedPrompt } from '../parse-prompt.ts';
import { wantedBy } from './criteria.ts';
import { type GoalFacts, sentencesWith, shorten } from './goal-facts.ts';
import { SECTIONS } from './make-plan.ts';
import { MARK_SENT_BACK, SIMULATED_RESULT } from './script-marks.ts';
import { type SectionSource, section } from './task-sections.ts';

/** Phrases of the goal that a task is about: those its own text names, else the weightiest. */
export function topicsOf(facts: GoalFacts, prompt: ParsedPrompt): string[] {
  const own = [prompt.title, prompt.instructions, ...prompt.criteria].join('\n').toLowerCase();
  const named = facts.phrases.filter((phrase) => own.includes(phrase.toLowerCase()));
  const isJoin = prompt.handover.length > 1;
  const topics = isJoin || named.length === 0 ? [...named, ...facts.phrases.filter((p) => !named.includes(p))] : named;
  return topics.length > 0 ? topics.slice(0, isJoin ? 6 : 3) : [facts.subject];
}

/** Criteria that this version of the result meets: all but the last one when the script says so. */
function criteriaToMeet(prompt: ParsedPrompt): readonly string[] {
  const leavesOut = prompt.instructions?.includes(MARK_SENT_BACK) && prompt.feedback === undefined;
  return leavesOut ? prompt.criteria.slice(0, -1) : prompt.criteria;
}

function fileLine(prompt: ParsedPrompt): string[] {
  const write = prompt.pastCalls.findLast((call) => call.name === 'write_file');
  if (!write) return [];
  if (write.isError) return ['The draft could not be written to a file.'];
  const path = Object.values((write.input ?? {}) as Record<string, unknown>)[0];
  return [`The draft was written to \`${String(path)}\`.`];
}

function answerLines({ pastCalls }: ParsedPrompt): string[] {
  const said = pastCalls.filter(({ name, isError }) => name === ASK_PERSON_TOOL && !isError);
  return said.map(({ result = '' }) => `A person was asked, and said: “${shorten(result.trim(), 300)}”`);
}

/** Criteria without a quoted word cannot be worked on by rules: they are repeated, and that is said. */
function unworked(criteria: readonly string[]): string[] {
  const plain = criteria.filter((criterion) => {
    const wanted = wantedBy(criterion);
    return wanted.sections.length + wanted.phrases.length === 0;
  });
  if (plain.length === 0) return [];
  return [
    '## Asked for, but not worked on',
    '',
    ...plain.map((criterion) => `- ${criterion} (The simulator only repeats this.)`),
  ];
}

/** The Markdown output of a task. */
export function taskOutput(facts: GoalFacts, prompt: ParsedPrompt): string {
  const criteria = criteriaToMeet(prompt);
  const wanted = wantedBy(criteria.join('\n'));
  const source: SectionSource = { facts, prompt, topics: topicsOf(facts, prompt) };
  const names = [...new Set(wanted.sections.length > 0 ? wanted.sections : [SECTIONS.says])];
  const body = names.map((name) => section(name, source));
  const text = [
    SIMULATED_RESULT,
    `# ${prompt.title ?? 'Result'}`,
    ...body,
    ...answerLines(prompt),
    ...fileLine(prompt),
  ].join('\n\n');
  const missing = wanted.phrases.filter((phrase) => !text.includes(phrase));
  const extra = missing.length > 0 ? ['## Also asked for', '', ...missing.map((phrase) => `- ${phrase}`)] : [];
  return [text, extra.join('\n'), unworked(criteria).join('\n')].filter((part) => part !== '').join('\n\n');
}

/** What a task hands in. */
export function taskSubmission(facts: GoalFacts, prompt: ParsedPrompt): Submission {
  const topics = topicsOf(facts, prompt);
  const evidence = [...new Set(topics.flatMap((topic) => sentencesWith(facts, topic)))].slice(0, 3);
  const names = topics.map((topic) => `“${topic}”`).join(', ');
  return {
    status: 'done',
    summary: shorten(`Simulated result on ${names}: statements of the goal, nothing added.`, 500),
    output: taskOutput(facts, prompt),
    evidence: evidence.map((sentence) => `The goal: “${shorten(sentence, 300)}”`),
  };
}
