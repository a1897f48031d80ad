/** Turns a checker's answer into verdicts that stand on evidence found by code. Pure and sandbox-safe. */
import type { CriterionView } from '../core/goal.ts';
import { stripInvisible } from '../core/invisible.ts';
import type { CheckAnswer } from '../core/submission.ts';

/** What the answer is judged by. */
export interface CheckMaterial {
  /** In the order in which the checker was given them, numbered from 1. */
  readonly criteria: readonly string[];
  /** Whole texts that quotes may come from, by the id under which they were handed over. */
  readonly sources: ReadonlyMap<string, string>;
}

export interface JudgedCheck {
  /** One per criterion, in order. */
  readonly rows: readonly Omit<CriterionView, 'taskId'>[];
  /** Every criterion passed; true as well when there are none. */
  readonly passed: boolean;
  readonly total: number;
  readonly pass: number;
  readonly fail: number;
  readonly unverified: number;
  /** For the next revision, made by code without any words of the checker; null when passed. */
  readonly feedback: string | null;
}

type Entry = CheckAnswer['verdicts'][number];
type Row = JudgedCheck['rows'][number];

/** Characters a quote must have to show anything. */
const MIN_QUOTE = 8;
/** Characters beside blanks that a quote must have beyond the criterion's own words. */
const MIN_BEYOND = 20;

/**
 * Each criterion gets one verdict. `pass` needs a quote that stands word for word in the cited source (Unicode form, runs
 * of blanks and characters that do not show are ignored), is not too short and is not the criterion itself; without that
 * it is `unverified`, like a criterion with no entry or several. `fail` needs no quote.
 */
export function judgeCheck(answer: CheckAnswer, material: CheckMaterial): JudgedCheck {
  const texts = new Map([...material.sources].map(([id, text]) => [id, plain(text)]));
  const rows = material.criteria.map((criterion, i): Row => {
    const entries = answer.verdicts.filter((entry) => entry.criterion === i + 1);
    const [entry, second] = entries;
    if (!entry) return unverified(criterion, 'The checker gave no verdict.');
    if (second) return unverified(criterion, 'The checker gave more than one verdict.');
    return judge(criterion, entry, texts);
  });
  const count = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const counts = { pass: count('pass'), fail: count('fail'), unverified: count('unverified') };
  const passed = counts.pass === rows.length;
  return { rows, passed, total: rows.length, ...counts, feedback: passed ? null : feedbackOf(rows) };
}

function judge(criterion: string, entry: Entry, texts: ReadonlyMap<string, string>): Row {
  const quote = plain(entry.quote);
  const found = quote !== '' && (texts.get(entry.source)?.includes(quote) ?? false);
  const evidence = found ? { quote: entry.quote, source: entry.source } : { quote: null, source: null };
  if (entry.verdict === 'fail') return { criterion, verdict: 'fail', ...evidence, reason: entry.reason };
  if (quote === '') return unverified(criterion, 'The checker gave no quote.');
  if (!texts.has(entry.source)) return unverified(criterion, 'The checker named a source that was not handed over.');
  if (!found) return unverified(criterion, 'The quote does not stand in the result.');
  if (quote.length < MIN_QUOTE) return unverified(criterion, 'The quote is too short to show anything.');
  if (echoes(quote, criterion)) return unverified(criterion, 'The quote only repeats the criterion.');
  return { criterion, verdict: 'pass', ...evidence, reason: entry.reason };
}

function unverified(criterion: string, reason: string): Row {
  return { criterion, verdict: 'unverified', quote: null, source: null, reason };
}

/** One Unicode form, single blanks, nothing that does not show. */
function plain(text: string): string {
  return stripInvisible(text).normalize('NFC').replace(/\s+/g, ' ').trim();
}

/** Characters other than blanks. */
function letters(text: string): string {
  return text.replace(/\s/g, '');
}

/** The quote is the criterion, with little around it, such as a tick or "Criterion 1 is met". */
function echoes(quote: string, criterion: string): boolean {
  const fold = (text: string) =>
    letters(plain(text))
      .toLowerCase()
      .replace(/[.!:;]+$/, '');
  const [said, asked] = [fold(quote), fold(criterion)];
  return asked !== '' && said.includes(asked) && said.length - asked.length < MIN_BEYOND;
}

function feedbackOf(rows: readonly Row[]): string {
  const open = rows.flatMap((row, i) =>
    row.verdict === 'pass' ? [] : [`${i + 1}. ${row.criterion}\n   ${WHY[row.verdict]}`],
  );
  return [
    'The check did not pass. These acceptance criteria are open:',
    ...open,
    'Mend these, keep what was right, and hand in the whole result again.',
  ].join('\n');
}

const WHY = {
  fail: 'The result does not meet it.',
  unverified: 'No passage of the result could be found that shows it. State it in plain words that can be quoted.',
} as const;
