/** A schedule as people read it. Pure. */
import type { ScheduleDetail, ScheduleSummary, TickView } from '../../core/schedule.ts';
import { formatDuration, formatUsd, plural } from './format.ts';
import { safeLine } from './safe-text.ts';
import { table } from './table.ts';

/** Head of a list of schedules. */
export const SCHEDULE_HEAD = ['SCHEDULE', 'WHEN', 'ZONE', 'STATE', 'NEXT (UTC)', 'LAST (UTC)', 'NOTE'];

/** One row of it. */
export function scheduleRow({ id, when, timezone, paused, next, last, note }: ScheduleSummary): string[] {
  const came = last ? `${minute(last.scheduledAt)} ${last.status ?? last.outcome}` : '-';
  return [id, when, timezone, paused ? 'paused' : 'on', next === null ? 'none' : minute(next), came, note ?? ''];
}

/** All lines of `schedules show`. */
export function scheduleLines(schedule: ScheduleDetail, columns?: number): string[] {
  const { definition, budget, times, ticks, timezone } = schedule;
  const lines = [
    `${schedule.id}: ${schedule.when} (${timezone})${schedule.paused ? ', paused' : ''}`,
    ...(schedule.note ? [`  note: ${schedule.note}`] : []),
    `  goal: ${definition.goal.text.split('\n', 1)[0] ?? ''}`,
    `  overlap: ${schedule.overlap}, catch-up window: ${definition.catchupWindow}`,
    ...(budget
      ? [`  budget: ${formatUsd(budget.settledMicroUsd)} of ${formatUsd(budget.capMicroUsd ?? 0)} spent`]
      : []),
    ...(schedule.remaining === null ? [] : [`  ${plural(schedule.remaining, 'tick')} left`]),
    `  ${schedule.started} started, ${schedule.missed} missed, ${schedule.overlapped} skipped by overlap`,
    '',
    times.length === 0 ? 'No more times.' : schedule.paused ? 'Next, once it is resumed:' : 'Next:',
    ...times.map(({ at, local }) => `  ${local} ${timezone === 'UTC' ? 'UTC' : `(${minute(at)} UTC)`}`),
    ...schedule.clockNotes.map((note) => `  note: ${note}`),
  ].map((line) => (line.startsWith('  ') ? `  ${safeLine(line)}` : safeLine(line)));
  if (ticks.length === 0) return lines;
  const rows = table(['LAST (UTC)', 'OUTCOME', 'GOAL', 'STATUS', 'WHY'], ticks.map(tickRow), columns);
  return [...lines, '', ...rows];
}

function tickRow({ scheduledAt, outcome, goalId, status, reason, late, lateMs }: TickView): string[] {
  const why = late ? `late by ${formatDuration(lateMs)}` : '';
  return [scheduledAt.slice(0, 19).replace('T', ' '), outcome, goalId ?? '-', status ?? '-', reason ?? why];
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
