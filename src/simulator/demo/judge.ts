/** The demo's checker: looks for what each criterion quotes and answers with the exact words it found. Pure. */
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { CheckAnswer } from '../../core/submission.ts';
import type { HandedOver, ParsedPrompt } from '../parse-prompt.ts';
import { headingIndex, wantedBy } from './criteria.ts';

type Verdict = CheckAnswer['verdicts'][number];

const MAX_QUOTE_CHARS = 240;
/** A quote shorter than this shows nothing. */
const MIN_QUOTE_CHARS = 16;

/** The lines around a place in a text, word for word: one, or more where one is too short to show anything. */
function passage(text: string, at: number, lines = 1): string {
  const start = text.lastIndexOf('\n', at) + 1;
  let end = start;
  let count = 0;
  while (end < text.length && (count < lines || text.slice(start, end).trim().length < MIN_QUOTE_CHARS)) {
    const next = text.indexOf('\n', end + 1);
    const line = text.slice(end, next < 0 ? text.length : next);
    end += line.length;
    if (line.trim() !== '') count += 1;
  }
  const all = text.slice(start, end).trim();
  if (all.length <= MAX_QUOTE_CHARS) return all;
  return Array.from(text.slice(at, end)).slice(0, MAX_QUOTE_CHARS).join('').trim();
}

interface Found {
  readonly source: string;
  readonly quote: string;
}

/** All places of a phrase in a text, whatever its case. */
function places(text: string, phrase: string): number[] {
  const pattern = new RegExp(phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'giu');
  return [...text.matchAll(pattern)].map((match) => match.index);
}

/** A phrase in the text; a heading that names it counts only when nothing else does. */
function findPhrase(results: readonly HandedOver[], phrase: string): Found | undefined {
  const found = results.flatMap(({ task, output }) =>
    places(output, phrase).map((at) => ({ source: task, quote: passage(output, at) })),
  );
  return found.find(({ quote }) => !quote.startsWith('#') && !quote.startsWith('>')) ?? found[0];
}

function findSection(results: readonly HandedOver[], name: string): Found | undefined {
  for (const { task, output } of results) {
    const at = headingIndex(output, name);
    // The heading alone shows no content: its first line comes with it.
    if (at >= 0) return { source: task, quote: passage(output, at, 2) };
  }
  return undefined;
}

/**
 * For criteria without quotation marks: the line that has most of their words, at least half of them. Lines that only
 * repeat a criterion are no evidence.
 */
function findWords(results: readonly HandedOver[], criterion: string): Found | undefined {
  const asked = criterion.toLowerCase().replace(/[.\s]+$/, '');
  const words = [...new Set(criterion.toLowerCase().match(/\p{L}{4,}|\d+/gu) ?? [])];
  const lines = results.flatMap(({ task, output }) =>
    output.split('\n').map((line) => ({ source: task, line: line.trim() })),
  );
  const evidence = lines.filter(({ line }) => !line.toLowerCase().includes(asked) && line.length >= MIN_QUOTE_CHARS);
  const scored = evidence.map(({ source, line }) => {
    const score = words.filter((word) => line.toLowerCase().includes(word)).length;
    return { source, quote: line, score };
  });
  const best = scored.reduce((top, one) => (one.score > top.score ? one : top), { source: '', quote: '', score: 0 });
  return best.score > 0 && best.score * 2 >= words.length ? { source: best.source, quote: best.quote } : undefined;
}

interface Lookup {
  readonly what: string;
  readonly found: Found | undefined;
}

/** Everything that a criterion asks for, looked up. Free words are only compared; the reason says so. */
function lookUp(results: readonly HandedOver[], criterion: string): Lookup[] {
  const wanted = wantedBy(criterion);
  const quoted = [
    ...wanted.sections.map((name) => ({ what: `a section headed "${name}"`, found: findSection(results, name) })),
    ...wanted.phrases.map((phrase) => ({ what: `"${phrase}"`, found: findPhrase(results, phrase) })),
  ];
  if (quoted.length > 0) return quoted;
  const what = 'a passage with most words of the criterion (without a model, free words can only be compared)';
  return [{ what, found: findWords(results, criterion) }];
}

function judge(results: readonly HandedOver[], criterion: string, number: number): Verdict {
  const lookups = lookUp(results, criterion);
  const missing = lookups.find((one) => one.found === undefined);
  const first = lookups[0]?.found;
  if (missing || !first) {
    const reason = `Simulated check: ${missing?.what ?? 'what is asked for'} was looked for and not found in the result.`;
    return { criterion: number, verdict: 'fail', source: results[0]?.task ?? '', quote: '', reason };
  }
  const reason = `Simulated check: ${lookups.map((one) => one.what).join(' and ')} was found in the result.`;
  return { criterion: number, verdict: 'pass', source: first.source, quote: first.quote, reason };
}

/** Id under which a verification gets the deliverable. */
const DELIVERABLE = pseudoTask.synthesis;

/** The results under judgement: the task's own, or the deliverable; all of them when neither is there. */
function subjects({ handover, taskId, purpose }: ParsedPrompt): readonly HandedOver[] {
  const wanted = purpose === 'verify' ? DELIVERABLE : taskId;
  const own = handover.filter((entry) => entry.task === wanted);
  return own.length > 0 ? own : handover;
}

/** One verdict per criterion, in order. */
export function judgeCriteria(prompt: ParsedPrompt): CheckAnswer {
  const results = subjects(prompt);
  return { verdicts: prompt.criteria.map((criterion, index) => judge(results, criterion, index + 1)) };
}
