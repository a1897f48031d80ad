/** What people see of schedules: next times, ticks with what became of them, counts. Host side. */
import { scheduleAccount } from '../../core/contracts/budget.ts';
import type { Schedule, ScheduleDetail, ScheduleSummary, TickView } from '../../core/schedule.ts';
import type { StoredSchedule, StoredTick } from '../../store/schedule-store.ts';
import type { ClientParts } from '../client-parts.ts';
import { checkSchedule } from './check-schedule.ts';
import { clockNotes, localTime } from './clock-notes.ts';
import { storedSchedule } from './manage-schedules.ts';
import type { ScheduleFacts } from './temporal-schedules.ts';

/** Times shown ahead, ticks shown back. */
const NEXT = 10;
const TICKS = 20;
/** Ticks that may overlap those shown. */
const MORE_TICKS = 80;
const FAR_MS = 41 * 366 * 86_400_000;
const DAY_MS = 86_400_000;
/** A tick this young may still be on its way to us. */
const UNDERWAY_MS = 5_000;

/** All schedules of the tenant, by id. */
export async function listSchedules(parts: ClientParts): Promise<readonly ScheduleSummary[]> {
  return Promise.all((await parts.store.schedules.list(parts.tenant)).map((stored) => summaryOf(parts, stored)));
}

/** Errors: `schedule.not-found`. */
export async function showSchedule(parts: ClientParts, id: string): Promise<ScheduleDetail> {
  const { store, schedules, tenant, rules, minIntervalMs } = parts;
  const stored = await storedSchedule(parts, id);
  const { definition, hash, author, createdAt, updatedAt } = stored;
  const facts = await schedules.describe(tenant, id);
  const times = facts ? await nextTimes(parts, definition, facts) : [];
  const rows = await store.schedules.ticks(tenant, id, TICKS + MORE_TICKS);
  const calendar = checkedRules(definition, { ...rules, minIntervalMs });
  return {
    ...summary(stored, facts, { next: times[0], last: rows[0] }),
    ...{ definition, hash, author, createdAt, updatedAt },
    times: times.map((at) => ({ at: at.toISOString(), local: localTime(at, definition.timezone) })),
    clockNotes: clockNotes(calendar, definition.timezone, new Date()),
    remaining: facts?.state.remainingActions ?? null,
    started: facts?.info.numActionsTaken ?? 0,
    missed: facts?.info.numActionsMissedCatchupWindow ?? 0,
    overlapped: facts?.info.numActionsSkippedOverlap ?? 0,
    ticks: await explained(parts, { stored, facts, rows, period: periodOf(times) }),
    budget: (await store.budget.read(tenant, scheduleAccount(id))) ?? null,
  };
}

async function summaryOf(parts: ClientParts, stored: StoredSchedule): Promise<ScheduleSummary> {
  const { tenant, definition } = stored;
  const facts = await parts.schedules.describe(tenant, definition.id);
  const [rows, times] = await Promise.all([
    parts.store.schedules.ticks(tenant, definition.id, 1),
    facts ? nextTimes(parts, definition, facts) : [],
  ]);
  return summary(stored, facts, { next: times[0], last: rows[0] });
}

function summary(
  { definition }: StoredSchedule,
  facts: ScheduleFacts | undefined,
  { next, last }: { next: Date | undefined; last: StoredTick | undefined },
): ScheduleSummary {
  const { id, timezone, overlap } = definition;
  const paused = facts?.state.paused ?? false;
  return {
    ...{ id, timezone, overlap, paused },
    when: whenOf(definition),
    // Temporal has one note, which tells of the last pause or resumption.
    note: (facts?.state.note || definition.note) ?? null,
    next: next?.toISOString() ?? null,
    last: last ? viewOf(last) : null,
  };
}

function whenOf({ cron, interval, calendar = [] }: Schedule): string {
  if (cron !== undefined) return cron;
  if (interval) return `every ${interval.every}${interval.offset ? ` + ${interval.offset}` : ''}`;
  return `calendar (${calendar.length} ${calendar.length === 1 ? 'rule' : 'rules'})`;
}

async function nextTimes({ schedules, tenant }: ClientParts, { id }: Schedule, { state }: ScheduleFacts) {
  const start = new Date();
  const times = await schedules.times(tenant, id, { start, end: new Date(start.getTime() + FAR_MS) });
  return times.slice(0, Math.min(NEXT, state.remainingActions ?? NEXT));
}

function periodOf([first, second]: readonly Date[]): number {
  return first && second ? second.getTime() - first.getTime() : DAY_MS;
}

function checkedRules(definition: Schedule, rules: Parameters<typeof checkSchedule>[1]) {
  try {
    return checkSchedule(definition, rules).rules;
  } catch {
    // It keeps the rules of the day it was made; agents may have gone since.
    return [];
  }
}

interface Told {
  readonly stored: StoredSchedule;
  readonly facts: ScheduleFacts | undefined;
  readonly rows: readonly StoredTick[];
  readonly period: number;
}

/** Ticks that came, and those between them that did not, each with its reason. */
async function explained(parts: ClientParts, { stored, facts, rows, period }: Told): Promise<readonly TickView[]> {
  const { definition, tenant } = stored;
  const came = rows.map(viewOf);
  // With jitter the server tells the times of the goals, not those of the ticks.
  if (!facts || definition.jitter !== undefined) return came.slice(0, TICKS);
  const now = Date.now();
  const since = (facts.info.lastUpdatedAt ?? facts.info.createdAt).getTime();
  const range = { start: new Date(Math.max(since, now - period * TICKS)), end: new Date(now - UNDERWAY_MS) };
  const due = range.start < range.end ? await parts.schedules.times(tenant, definition.id, range) : [];
  const known = new Set(came.map(({ scheduledAt }) => scheduledAt));
  const absent = due.map((at) => at.toISOString()).filter((at) => !known.has(at));
  const all = [...came, ...absent.map((at) => absentTick(at, rows))];
  return all.sort((a, b) => (a.scheduledAt < b.scheduledAt ? 1 : -1)).slice(0, TICKS);
}

function viewOf({ endedAt: _endedAt, skipped, ...tick }: StoredTick): TickView {
  return { ...tick, outcome: tick.goalId === null ? 'skipped' : 'goal', reason: skipped };
}

function absentTick(scheduledAt: string, rows: readonly StoredTick[]): TickView {
  const before = rows.find(
    (row) =>
      row.goalId !== null && row.scheduledAt < scheduledAt && (row.endedAt === null || row.endedAt > scheduledAt),
  );
  const none = { scheduledAt, goalId: null, status: null, late: false, lateMs: 0 };
  if (before) return { ...none, outcome: 'overlap', reason: `goal ${before.goalId} still ran` };
  return { ...none, outcome: 'missed', reason: 'paused, or the server was away for longer than the catch-up window' };
}
