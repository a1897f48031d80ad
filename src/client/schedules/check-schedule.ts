/** The door every schedule passes: its shape, its times, its goal template, with problems that name the field. Host side. */
import { type CalendarField, type CalendarRule, parseCron, parseField } from '../../core/cron.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { PlanProblem } from '../../core/plan.ts';
import { durationMs, type Schedule, scheduleSchema } from '../../core/schedule.ts';
import { BUILT_IN_VARIABLES, variablesIn } from '../../core/schedule-template.ts';
import { checkInput, refusal } from '../input-door.ts';
import { parseGoalRequest, type RequestRules } from '../request-door.ts';

/** What a schedule is held against. */
export interface ScheduleRules extends RequestRules {
  /** Shortest interval. */
  readonly minIntervalMs: number;
}

/** A schedule that keeps the rules; whether it ever fires, the server says. */
export interface CheckedSchedule {
  readonly definition: Schedule;
  /** Of cron and calendar; empty with an interval. */
  readonly rules: readonly CalendarRule[];
}

const MIN_CATCHUP_MS = 10_000;
const MAX_CATCHUP_MS = 365 * 86_400_000;

/** Throws OrchestratorError `schedule.invalid` (facts: `problems`). */
export function checkSchedule(raw: unknown, rules: ScheduleRules): CheckedSchedule {
  const definition = checkInput(scheduleSchema, raw, { what: 'The schedule', code: 'schedule.invalid' });
  const calendars = calendarRules(definition);
  const problems = [
    ...calendars.problems,
    ...timeProblems(definition, rules),
    ...templateProblems(definition),
    ...goalProblems(definition, rules),
  ];
  if (problems.length > 0) throw invalidSchedule(problems);
  return { definition, rules: calendars.rules };
}

/** `schedule.invalid` that names the fields. */
export function invalidSchedule(problems: readonly PlanProblem[]): OrchestratorError {
  return refusal('schedule.invalid', 'The schedule', problems);
}

/** One problem of a schedule. */
export function problem(path: string, message: string): PlanProblem {
  return { code: 'schedule', path, message };
}

interface Rules {
  readonly rules: readonly CalendarRule[];
  readonly problems: readonly PlanProblem[];
}

function calendarRules({ cron, interval, calendar }: Schedule): Rules {
  const given = [cron, interval, calendar].filter((each) => each !== undefined).length;
  if (given !== 1) {
    return { rules: [], problems: [problem('', `It has ${given} of cron, interval and calendar; give one`)] };
  }
  if (cron !== undefined) {
    const parsed = parseCron(cron);
    return parsed.ok
      ? { rules: parsed.value, problems: [] }
      : { rules: [], problems: [problem('cron', parsed.problem)] };
  }
  const parsed = (calendar ?? []).map(calendarRule);
  return { rules: parsed.flatMap(({ rules }) => rules), problems: parsed.flatMap(({ problems }) => problems) };
}

function calendarRule(fields: NonNullable<Schedule['calendar']>[number], at: number): Rules {
  const rule: { -readonly [F in CalendarField]?: readonly number[] } = {};
  const problems: PlanProblem[] = [];
  for (const [field, text] of Object.entries(fields) as [CalendarField, string | number][]) {
    const parsed = parseField(field, String(text));
    if (!parsed.ok) problems.push(problem(`calendar[${at}].${field}`, parsed.problem));
    else if (parsed.value) rule[field] = parsed.value;
  }
  return { rules: [rule], problems };
}

function timeProblems(schedule: Schedule, { minIntervalMs }: ScheduleRules): PlanProblem[] {
  const { interval, timezone, catchupWindow, startAt, endAt } = schedule;
  const problems: PlanProblem[] = [];
  if (interval && durationMs(interval.every) < minIntervalMs)
    problems.push(problem('interval.every', `is shorter than ${minIntervalMs / 1_000} s`));
  if (interval?.offset !== undefined && durationMs(interval.offset) >= durationMs(interval.every))
    problems.push(problem('interval.offset', 'is not shorter than the interval'));
  if (!isTimeZone(timezone)) problems.push(problem('timezone', 'is no known time zone'));
  const windowMs = durationMs(catchupWindow);
  if (windowMs < MIN_CATCHUP_MS || windowMs > MAX_CATCHUP_MS)
    problems.push(problem('catchupWindow', 'is not between 10s and 365d'));
  if (startAt !== undefined && endAt !== undefined && Date.parse(endAt) <= Date.parse(startAt))
    problems.push(problem('endAt', 'is not after startAt'));
  else if (endAt !== undefined && Date.parse(endAt) <= Date.now()) problems.push(problem('endAt', 'has passed'));
  return problems;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

function templateProblems({ goal, variables = {} }: Schedule): PlanProblem[] {
  const own = Object.keys(variables);
  const builtIn: readonly string[] = BUILT_IN_VARIABLES;
  const known = new Set([...builtIn, ...own]);
  return [
    ...own
      .filter((name) => builtIn.includes(name))
      .map((name) => problem(`variables.${name}`, 'is the name of a variable that every schedule has')),
    ...[...variablesIn(goal)]
      .filter((name) => !known.has(name))
      .map((name) => problem('goal', `{{${name}}} is not a variable; there are ${[...known].join(', ')}`)),
  ];
}

/** The goal as any other is checked, its plan included. */
function goalProblems({ goal }: Schedule, rules: RequestRules): PlanProblem[] {
  try {
    parseGoalRequest(goal, rules);
    return [];
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    const found = (error.facts.problems as readonly PlanProblem[] | undefined) ?? [problem('text', error.message)];
    return found.map((each) => ({ ...each, path: `goal.${each.path}` }));
  }
}
