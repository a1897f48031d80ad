/** Makes, changes and removes schedules: checked first, then stored, then handed to Temporal. Host side. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { scheduleAccount, toMicroUsd } from '../../core/contracts/budget.ts';
import { FAILURES, OrchestratorError } from '../../core/failures.ts';
import { canonicalJson } from '../../core/json.ts';
import { OVERLAPS, type Schedule, type ScheduleInput, scheduleIdSchema, timeSchema } from '../../core/schedule.ts';
import type { StoredSchedule } from '../../store/schedule-store.ts';
import type { ClientParts } from '../client-parts.ts';
import { authorField, checkInput, plainField, quoted } from '../input-door.ts';
import { type CheckedSchedule, checkSchedule, invalidSchedule, problem } from './check-schedule.ts';

const CODE = 'schedule.invalid';
const createSchema = z.strictObject({ author: authorField, paused: z.boolean().default(false) });
/** As long as Temporal takes it. */
const noteSchema = plainField.max(200, 'is longer than 200 characters');
/** What the schedule is to be is checked as a whole, with what stays of it. */
const changeSchema = z.looseObject({ author: authorField, id: z.never('cannot be changed').optional() });
const rangeSchema = z.strictObject({
  from: timeSchema,
  to: timeSchema,
  overlap: z.enum(OVERLAPS).default('bufferAll'),
});

/** Who does it: 1 to 100 characters; default `client`. */
export type ByAuthor = Pick<CreateOptions, 'author'>;

/** Options of a new schedule. `paused`: it starts nothing until it is resumed. */
export type CreateOptions = z.input<typeof createSchema>;

/** What `update` replaces; times (cron, interval, calendar) replace each other. */
export type ScheduleChange = Partial<Omit<ScheduleInput, 'id'>>;

/** Times, ISO 8601, of which the ticks are made up for, in order; one after the other unless `overlap` says otherwise. */
export type BackfillRange = z.input<typeof rangeSchema>;

const WARN_SHARE = 0.8;

/** Errors: `schedule.invalid`, `schedule.exists`, `temporal.unavailable`. */
export async function createSchedule(parts: ClientParts, raw: ScheduleInput, options: CreateOptions): Promise<void> {
  const { store, schedules, tenant } = parts;
  const { author, paused } = checkInput(createSchema, options, { what: 'The schedule', code: CODE });
  const checked = await checkedSchedule(parts, raw);
  const { definition } = checked;
  if (await store.schedules.get(tenant, definition.id)) throw exists(definition.id);
  // What fires last: a schedule at the server without a row would start goals that nobody knows.
  await openBudget(parts, definition, 'new');
  if (!(await store.schedules.save(rowOf(parts, definition, author), true))) throw exists(definition.id);
  try {
    await schedules.create(tenant, checked, { paused });
  } catch (error) {
    await store.schedules.remove(tenant, definition.id);
    throw error;
  }
}

/** Errors: `schedule.invalid`, `schedule.not-found`, `budget.invalid` (lower than it was). */
export async function updateSchedule(parts: ClientParts, id: string, change: ScheduleChange & ByAuthor): Promise<void> {
  const { store, schedules, tenant } = parts;
  const { author, ...changes } = checkInput(changeSchema, change, { what: 'The change', code: CODE });
  const { definition: before } = await storedSchedule(parts, id);
  const checked = await checkedSchedule(parts, merged(before, changes));
  const { definition } = checked;
  if (definition.budgetUsd !== before.budgetUsd) await openBudget(parts, definition, 'changed');
  const limit = definition.limitActions === before.limitActions ? undefined : definition.limitActions;
  await store.schedules.save(rowOf(parts, definition, author), false);
  if ((await schedules.update(tenant, checked, limit)) === 'done') return;
  await schedules.create(tenant, checked, { paused: false });
}

/** Its goals and ticks stay; a goal that runs goes on. */
export async function deleteSchedule(parts: ClientParts, id: string): Promise<void> {
  await storedSchedule(parts, id);
  await parts.schedules.remove(parts.tenant, id);
  await parts.store.schedules.remove(parts.tenant, id);
}

export async function pauseSchedule(parts: ClientParts, id: string, note: string): Promise<void> {
  await tell(parts, id, () => parts.schedules.pause(parts.tenant, id, checkedNote(note)));
}

export async function unpauseSchedule(parts: ClientParts, id: string, note: string): Promise<void> {
  await tell(parts, id, () => parts.schedules.unpause(parts.tenant, id, checkedNote(note)));
}

/** One tick now, under its overlap policy, also while it is paused. */
export async function triggerSchedule(parts: ClientParts, id: string): Promise<void> {
  await tell(parts, id, ({ overlap }) => parts.schedules.trigger(parts.tenant, id, overlap));
}

/** Ticks that have a goal keep it: no second one. */
export async function backfillSchedule(parts: ClientParts, id: string, range: BackfillRange): Promise<void> {
  const { from, to, overlap } = checkInput(rangeSchema, range, { what: 'The range', code: CODE });
  const [start, end] = [new Date(from), new Date(to)];
  if (start > end || end.getTime() > Date.now())
    throw invalidSchedule([problem('range', 'is not two times in the past, the earlier first')]);
  // The server's range leaves its first moment out.
  const open = { start: new Date(start.getTime() - 1), end, overlap };
  await tell(parts, id, () => parts.schedules.backfill(parts.tenant, id, open));
}

/** The stored schedule. Errors: `schedule.not-found`. */
export async function storedSchedule({ store, tenant }: ClientParts, id: string): Promise<StoredSchedule> {
  const found = scheduleIdSchema.safeParse(id).success ? await store.schedules.get(tenant, id) : undefined;
  if (found) return found;
  throw new OrchestratorError('schedule.not-found', `There is no schedule ${quoted(id)}.`, {
    remedy: FAILURES['schedule.not-found'].remedy,
  });
}

async function checkedSchedule(parts: ClientParts, raw: unknown): Promise<CheckedSchedule> {
  const checked = checkSchedule(raw, { ...parts.rules, minIntervalMs: parts.minIntervalMs });
  const times = await parts.schedules.probe(checked);
  const [kind = 'schedule'] = ['cron', 'interval', 'calendar'].filter((each) => each in checked.definition);
  if (times === 'refused') throw invalidSchedule([problem(kind, 'is not taken by the Temporal server')]);
  if (times.length === 0) throw invalidSchedule([problem(kind, 'never comes: there is no such time ahead')]);
  return checked;
}

function merged(before: Schedule, change: Readonly<Record<string, unknown>>): unknown {
  const { cron, interval, calendar, ...rest } = before;
  const hasTimes = change.cron ?? change.interval ?? change.calendar;
  const times = hasTimes === undefined ? { cron, interval, calendar } : {};
  const all = { ...rest, ...times, ...change, id: before.id };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function rowOf(
  { tenant, simulated }: ClientParts,
  definition: Schedule,
  author: string,
): Omit<StoredSchedule, 'createdAt' | 'updatedAt'> {
  const hash = createHash('sha256').update(canonicalJson(definition)).digest('hex');
  return { tenant, definition, hash, author, simulated };
}

/** A name that was used before goes on from what it has spent. */
async function openBudget({ store, tenant }: ClientParts, definition: Schedule, is: 'new' | 'changed'): Promise<void> {
  const { id, budgetUsd } = definition;
  if (budgetUsd === undefined) return;
  const account = scheduleAccount(id);
  const wished = toMicroUsd(budgetUsd);
  const before = await store.budget.read(tenant, account);
  if (!before) return store.budget.openAccount(tenant, { account, capMicroUsd: wished, warnShare: WARN_SHARE });
  if (is === 'changed' && before.capMicroUsd !== null && wished < before.capMicroUsd) {
    throw new OrchestratorError('budget.invalid', `The budget is $${before.capMicroUsd / 1_000_000} and only rises.`, {
      remedy: FAILURES['budget.invalid'].remedy,
    });
  }
  await store.budget.raise(tenant, account, is === 'new' ? before.settledMicroUsd + wished : wished);
}

async function tell(
  parts: ClientParts,
  id: string,
  request: (definition: Schedule) => Promise<'done' | 'gone'>,
): Promise<void> {
  const { definition } = await storedSchedule(parts, id);
  if ((await request(definition)) === 'done') return;
  throw new OrchestratorError('schedule.not-found', `Temporal has no schedule ${id}; it has ended or was removed.`, {
    remedy: 'Put it back with `orchestrator schedules edit`, or delete it.',
  });
}

function checkedNote(note: string): string {
  return checkInput(noteSchema, note, { what: 'The note', code: CODE });
}

function exists(id: string): OrchestratorError {
  return new OrchestratorError('schedule.exists', `There is a schedule ${id} already.`, {
    remedy: FAILURES['schedule.exists'].remedy,
  });
}
