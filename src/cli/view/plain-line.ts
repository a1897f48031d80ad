/** One event as one line, for logs and pipes: no colours, no cursor moves. Pure. */
import type { GoalEvent } from '../../core/events.ts';
import { formatUsd, timeOfDay } from './format.ts';
import { safeLine } from './safe-text.ts';
import { cut } from './width.ts';

/** Longest value printed. */
const MAX_VALUE = 160;
/** Members that are money. */
const MONEY = 'costMicroUsd';
/** Members that are left out when they are 0. */
const OFTEN_ZERO = /Tokens$|^webSearches$/;

/** `12:03:04Z task-end research status=done cost=$0.0123`; nothing for live text. */
export function plainLine(event: GoalEvent): string | undefined {
  if (event.type === 'text-delta') return undefined;
  const facts = Object.entries(event.data).flatMap(([name, value]) => fact(name, value));
  return [timeOfDay(event.at), event.type, ...(event.taskId ? [safeLine(event.taskId)] : []), ...facts].join(' ');
}

function fact(name: string, value: unknown): string[] {
  if (name === MONEY && typeof value === 'number') return [`cost=${formatUsd(value)}`];
  if (value === 0 && OFTEN_ZERO.test(name)) return [];
  if (typeof value === 'number' || typeof value === 'boolean') return [`${safeLine(name)}=${value}`];
  if (Array.isArray(value)) return [`${safeLine(name)}=${value.length}`];
  if (typeof value !== 'string' || value === '') return [];
  const line = cut(safeLine(value), MAX_VALUE);
  return [`${safeLine(name)}=${/\s/.test(line) ? JSON.stringify(line) : line}`];
}
