/** What stands in a goal's text: sentences, phrases, figures, names; found by hand-made rules, nothing added. Pure. */
import { stripInvisible } from '../../core/invisible.ts';

/** Parts of a goal, each an exact piece of its text. */
export interface GoalFacts {
  readonly sentences: readonly string[];
  /** Distinct key phrases, the weightiest first; at most 10. */
  readonly phrases: readonly string[];
  /** Figures with their unit, e.g. `3 vendors`, `€5,000`; at most 10. */
  readonly figures: readonly string[];
  /** The first sentence, shortened. */
  readonly title: string;
  /** What the goal is about in a few words. */
  readonly subject: string;
}

/** Words that end a phrase: function words and the verbs that tasks are worded with; English, some German. */
const STOP_WORDS = new Set(
  `a about above across after again against all also although an and any are around as at be because been before being
  below best between both but by can could did do does down during each either else every few for from further get give
  given good great had has have having here how i if in into is it its just keep let like make many may me might more
  most much must my need needs new no nor not now of off on once one only onto or other our out over own per please
  rather same shall she should so some such than that the their them then there these they this those through to too
  under until up upon us use used using very via want wants was we were what when where whether which while who whom whose
  why will with within without would yet you your
  big brief easy full large little long main short simple small whole
  two three four five six seven eight nine ten first second third way ways thing things kind kinds
  go goes going host keeps make makes stay stays take takes
  answer answers question questions
  add advise analyse analyze assess brief build calculate check collect compare compile consider create decide define
  deliver describe design determine develop discuss document draft estimate evaluate examine explain explore extract
  find gather generate help identify implement include investigate list look migrate name organise organize outline
  plan prepare present produce propose provide rank recommend report research review say show suggest summarise
  summarize tell test think turn understand update weigh work write
  aber als am auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer eines er es für gegen
  hat ich im in ist mit nach nicht oder ohne sich sie sind über um und uns von vor was wie wir wird zu zum zur
  beschreibe erstelle finde plane prüfe schreibe vergleiche`.split(/\s+/),
);

const MAX_SENTENCES = 60;
const MAX_SENTENCE_CHARS = 400;
const MAX_PHRASE_WORDS = 4;
const MAX_PHRASE_CHARS = 60;
const MAX_FOUND = 10;
/** A short common word weighs less than this and counts only when there is little else. */
const MIN_SCORE = 1.5;

/** A text cut at a character boundary, with an ellipsis when something is missing. */
export function shorten(text: string, chars: number): string {
  const all = Array.from(text);
  if (all.length <= chars) return text;
  const cut = all.slice(0, chars - 1).join('');
  const atWord = cut.slice(0, Math.max(cut.lastIndexOf(' '), Math.floor(cut.length * 0.6)));
  return `${atWord.trimEnd()}…`;
}

/** Sentences and list lines of a text. */
export function sentencesOf(text: string): string[] {
  return text
    .slice(0, 20_000)
    .split(/\r?\n+/)
    .map((line) => line.replace(/^\s*(?:[-*•#>]+|\d{1,3}[.)])\s+/, '').replace(/\s+/g, ' '))
    .flatMap((line) => line.split(/(?<=[.!?;])\s+(?=[\p{Lu}\p{N}"'(])|(?<=[。！？])/u))
    .map((sentence) => shorten(sentence.trim(), MAX_SENTENCE_CHARS))
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
    .slice(0, MAX_SENTENCES);
}

/** Runs of words between stop words and punctuation, as they stand in the sentence. */
function phrasesOf(sentence: string): string[] {
  const found: string[] = [];
  for (const part of sentence.split(/[^\p{L}\p{M}\p{N}\s'’&+%€$£./-]+|[.](?=\s|$)/u)) {
    let run: string[] = [];
    for (const word of [...part.split(/\s+/), '']) {
      if (word !== '' && !STOP_WORDS.has(word.toLowerCase()) && /[\p{L}]/u.test(word)) run.push(word);
      else {
        if (run.length > 0) found.push(run.slice(-MAX_PHRASE_WORDS).join(' '));
        run = [];
      }
    }
  }
  return found
    .map((phrase) => phrase.replace(/^['’./&+-]+|['’./&+-]+$/g, ''))
    .filter((phrase) => phrase.length > 2)
    .map((phrase) => Array.from(phrase).slice(0, MAX_PHRASE_CHARS).join(''));
}

function rank(sentences: readonly string[]): string[] {
  const seen = new Map<string, { readonly text: string; score: number; readonly at: number }>();
  const found = sentences.flatMap((sentence, at) =>
    phrasesOf(sentence).map((phrase) => ({ phrase, isFirst: at === 0 })),
  );
  for (const { phrase, isFirst } of found) {
    const key = phrase.toLowerCase();
    const isLong = phrase.length >= 6 ? 1.5 : 1;
    // The first sentence says what it is about.
    const weight = (phrase.includes(' ') ? 3 : isLong) + (isFirst ? 0.4 : 0);
    const known = seen.get(key);
    if (known) known.score += weight;
    else seen.set(key, { text: phrase, score: weight, at: seen.size });
  }
  const strong = [...seen.values()].filter((one) => one.score >= MIN_SCORE || /^\p{Lu}/u.test(one.text));
  const ranked = (strong.length >= 3 ? strong : [...seen.values()]).sort((a, b) => b.score - a.score || a.at - b.at);
  // A phrase that is part of a better one says nothing new.
  return ranked
    .filter(
      (one, index) =>
        !ranked.slice(0, index).some((better) => better.text.toLowerCase().includes(one.text.toLowerCase())),
    )
    .map((one) => one.text)
    .slice(0, MAX_FOUND);
}

/** Figures of a text with what follows them: a sign or a word. */
export function figuresOf(text: string): string[] {
  const pattern = /\d{1,2}\.?\s\p{Lu}\p{Ll}+\s\d{4}|(?:[€$£]\s?)?\d+(?:[.,:]\d+)*(?:\s?%|\s\p{L}[\p{L}-]*)?/gu;
  const found = [...text.slice(0, 20_000).matchAll(pattern)].map(([figure]) => {
    if (/\d{4}$/.test(figure) && figure.includes(' ')) return figure;
    const [amount = figure, unit = ''] = figure.trim().split(/\s(?=\p{L}[\p{L}-]*$)/u);
    return unit === '' || STOP_WORDS.has(unit.toLowerCase()) ? amount : figure.trim();
  });
  return [...new Set(found)].slice(0, MAX_FOUND);
}

/** Takes a goal apart. A goal without a usable word gets its own beginning as the subject. */
export function goalFacts(text: string): GoalFacts {
  const goal = stripInvisible(text);
  const sentences = sentencesOf(goal);
  const figures = figuresOf(goal);
  // The unit of a figure is no subject of its own.
  const isUnit = (phrase: string): boolean => figures.some((figure) => figure.endsWith(` ${phrase}`));
  const phrases = rank(sentences).filter((phrase) => !isUnit(phrase));
  const title = shorten((sentences[0] ?? (goal.trim() || 'An empty goal')).replace(/[.;:]+$/, ''), 90);
  return { sentences, phrases, figures, title, subject: phrases[0] ?? shorten(title, 40) };
}

/** Sentences that have a phrase in them, whatever its case. */
export function sentencesWith(facts: GoalFacts, phrase: string): string[] {
  const wanted = phrase.toLowerCase();
  return facts.sentences.filter((sentence) => sentence.toLowerCase().includes(wanted));
}

/** A lower-case id part from a phrase: `a-z0-9` and dashes, at most 36 characters; empty when nothing is left. */
export function slug(phrase: string): string {
  const plain = phrase
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 36)
    .replace(/^-+|-+$/g, '');
}
