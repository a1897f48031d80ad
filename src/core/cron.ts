/** Calendar fields and cron lines as sets of numbers, with problems that name the field. Pure, host side. */

/** One rule for the wall clock of the schedule's zone: all fields must match. Absent: any. Times are at second 0. */
export interface CalendarRule {
  readonly minute?: readonly number[];
  readonly hour?: readonly number[];
  readonly dayOfMonth?: readonly number[];
  /** 1 to 12. */
  readonly month?: readonly number[];
  /** 0 (Sunday) to 6. */
  readonly dayOfWeek?: readonly number[];
  readonly year?: readonly number[];
}

export type CalendarField = keyof CalendarRule;

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const LIMITS: Readonly<Record<CalendarField, Limits>> = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: MONTHS },
  dayOfWeek: { min: 0, max: 7, names: DAYS },
  year: { min: 2000, max: 2100 },
};

const SHORTCUTS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};

const CRON_FIELDS = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/** A value, or what is wrong with the text. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** A field in cron's words: numbers, names, lists, ranges, steps. Undefined: any. */
export function parseField(field: CalendarField, text: string): Parsed<readonly number[] | undefined> {
  if (text === '*') return { ok: true, value: undefined };
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const parsed = parsePart(LIMITS[field], part);
    if (!parsed.ok) return { ok: false, problem: `${field} ${JSON.stringify(text.slice(0, 64))}: ${parsed.problem}` };
    for (const value of parsed.value) found.add(field === 'dayOfWeek' ? value % 7 : value);
  }
  return { ok: true, value: [...found].sort((a, b) => a - b) };
}

/**
 * A cron line of five fields, or a shortcut such as `@daily`. As everywhere but in Temporal, a day of the month and a day
 * of the week that are both given mean either: two rules.
 */
export function parseCron(line: string): Parsed<readonly CalendarRule[]> {
  const fields = (SHORTCUTS[line.trim().toLowerCase()] ?? line).trim().split(/\s+/);
  if (fields.length !== CRON_FIELDS.length) {
    return { ok: false, problem: `has ${fields.length} fields, not the five of minute, hour, day, month, weekday` };
  }
  const rule: { -readonly [F in CalendarField]?: readonly number[] } = {};
  for (const [at, field] of CRON_FIELDS.entries()) {
    const parsed = parseField(field, fields[at] ?? '');
    if (!parsed.ok) return parsed;
    if (parsed.value) rule[field] = parsed.value;
  }
  const { dayOfMonth, dayOfWeek, ...rest } = rule;
  if (!dayOfMonth || !dayOfWeek) return { ok: true, value: [rule] };
  return {
    ok: true,
    value: [
      { ...rest, dayOfMonth },
      { ...rest, dayOfWeek },
    ],
  };
}

/** The rule as Temporal takes it: seconds, minutes, hours, day, month, weekday, year. */
export function temporalCron(rule: CalendarRule): string {
  const { minute, hour, dayOfMonth, month, dayOfWeek, year } = rule;
  return [[0], minute, hour, dayOfMonth, month, dayOfWeek, year].map((set) => set?.join(',') ?? '*').join(' ');
}

function parsePart(limits: Limits, part: string): Parsed<readonly number[]> {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || range === '') return { ok: false, problem: 'is not a list of numbers, ranges and steps' };
  const by = step === undefined ? 1 : wholeNumber(step);
  if (by === undefined || by < 1)
    return { ok: false, problem: `the step ${JSON.stringify(step)} is not a number above 0` };
  const ends = range === '*' ? [String(limits.min), String(limits.max)] : range.split('-');
  const [from, to] = ends.map((end) => numberOf(limits, end));
  if (from === undefined || ends.length > 2 || (ends.length === 2 && to === undefined)) {
    return { ok: false, problem: `${JSON.stringify(range)} is not between ${limits.min} and ${limits.max}` };
  }
  // Sunday may stand at either end of a week.
  const until = to === 0 && from > 0 && limits.max === 7 ? 7 : to;
  const last = until ?? (step === undefined ? from : limits.max);
  if (last < from) return { ok: false, problem: `${JSON.stringify(range)} runs backwards` };
  return { ok: true, value: Array.from({ length: Math.floor((last - from) / by) + 1 }, (_, at) => from + at * by) };
}

function numberOf({ min, max, names }: Limits, text: string): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? named + (min === 1 ? 1 : 0) : wholeNumber(text);
  return value === undefined || value < min || value > max ? undefined : value;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
