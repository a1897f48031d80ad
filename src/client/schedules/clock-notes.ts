/** Times that a zone's clocks leave out or show twice, where they concern a schedule. Pure. */
import type { CalendarRule } from '../../core/cron.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** How far ahead is looked. */
const DAYS = 400;

/** A time on the clocks of a zone, as if it were UTC: `2027-03-28 02:30`. */
export function localTime(at: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return format.format(at);
}

/** One sentence per change of the clocks, in the next 400 days, at which a rule's time is left out or comes twice. */
export function clockNotes(rules: readonly CalendarRule[], timeZone: string, from: Date): string[] {
  const notes: string[] = [];
  for (let day = 0; day < DAYS; day++) {
    const start = from.getTime() + day * DAY_MS;
    const [before, after] = [offsetMs(start, timeZone), offsetMs(start + DAY_MS, timeZone)];
    if (before !== after) notes.push(...notesOf(rules, timeZone, { start, before, after }));
  }
  return notes;
}

function notesOf(
  rules: readonly CalendarRule[],
  timeZone: string,
  { start, before, after }: { start: number; before: number; after: number },
): string[] {
  const change = changeAfter(start, timeZone);
  // Clocks show these times never (forward) or twice (back).
  const [first, last] = [change + Math.min(before, after), change + Math.max(before, after)];
  const hit = firstMatch(rules, first, last);
  if (hit === undefined) return [];
  const text = new Date(hit).toISOString().slice(0, 16).replace('T', ' ');
  return after > before
    ? [`${text} does not exist in ${timeZone}, as the clocks go forward: no goal then.`]
    : [`${text} comes twice in ${timeZone}, as the clocks go back: one goal then.`];
}

/** The minute from `start` on at which the zone's clocks change, within a day. */
function changeAfter(start: number, timeZone: string): number {
  const before = offsetMs(start, timeZone);
  let [low, high] = [Math.floor(start / MINUTE_MS), Math.ceil((start + DAY_MS) / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle * MINUTE_MS, timeZone) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

function firstMatch(rules: readonly CalendarRule[], from: number, to: number): number | undefined {
  for (let at = from; at < to; at += MINUTE_MS) if (rules.some((rule) => matches(rule, new Date(at)))) return at;
  return undefined;
}

function matches(rule: CalendarRule, at: Date): boolean {
  return (
    has(rule.minute, at.getUTCMinutes()) &&
    has(rule.hour, at.getUTCHours()) &&
    has(rule.dayOfMonth, at.getUTCDate()) &&
    has(rule.month, at.getUTCMonth() + 1) &&
    has(rule.dayOfWeek, at.getUTCDay()) &&
    has(rule.year, at.getUTCFullYear())
  );
}

function has(set: readonly number[] | undefined, value: number): boolean {
  return set === undefined || set.includes(value);
}

function offsetMs(at: number, timeZone: string): number {
  const whole = Math.floor(at / 1_000) * 1_000;
  return Date.parse(`${localTime(new Date(whole), timeZone).replace(' ', 'T')}Z`) - whole;
}
