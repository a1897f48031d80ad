/** `orchestrator schedules …`: goals that start by themselves. Host side. */
import type { BackfillRange } from '../../client/schedules/manage-schedules.ts';
import { OrchestratorError } from '../../core/failures.ts';
import type { ScheduleDetail, ScheduleInput } from '../../core/schedule.ts';
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { readScheduleFile } from '../run/read-schedule-file.ts';
import { loadSettings, withClient } from '../settings.ts';
import { safeJson } from '../view/safe-text.ts';
import { SCHEDULE_HEAD, scheduleLines, scheduleRow } from '../view/schedule.ts';
import { table } from '../view/table.ts';
import { typed } from '../view/typed.ts';

/** Flags of `create` and `edit`. */
export interface ScheduleFlags {
  readonly id?: string;
  readonly paused?: boolean;
  readonly file?: string;
  readonly cron?: string;
  readonly every?: string;
  readonly offset?: string;
  readonly timezone?: string;
  readonly jitter?: string;
  readonly overlap?: ScheduleInput['overlap'];
  readonly catchup?: string;
  /** USD. */
  readonly budget?: number;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly limit?: number;
  readonly note?: string;
  readonly variable?: readonly string[];
  readonly tag?: readonly string[];
}

/** `schedules create`: from flags, a file, or both; the client's door checks it. */
export async function createSchedule(
  context: CommandContext,
  words: readonly string[],
  flags: ScheduleFlags,
): Promise<number> {
  const given = await fromFlags(words, flags);
  const schedule = { ...given, ...(flags.id === undefined ? {} : { id: flags.id }) } as ScheduleInput;
  return withClient(loadSettings(context), async (client) => {
    const made = await client.schedules.create(schedule, { author: author(), paused: flags.paused ?? false });
    return print(context, made);
  });
}

/** `schedules edit <id>`: what is not given stays. */
export async function editSchedule(
  context: CommandContext,
  id: string,
  { words, ...flags }: ScheduleFlags & { readonly words: readonly string[] },
): Promise<number> {
  const { id: _id, ...change } = (await fromFlags(words, flags)) as Partial<ScheduleInput>;
  if (Object.keys(change).length === 0) throw noChange();
  return withClient(loadSettings(context), async (client) => {
    const { definition } = await client.schedules.show(id);
    // Of a goal, texts and labels are given by flags: the rest of it stays.
    const goal = change.goal && !flags.file ? { goal: { ...definition.goal, ...change.goal } } : {};
    return print(context, await client.schedules.update(id, { ...change, ...goal, author: author() }));
  });
}

function noChange(): OrchestratorError {
  return new OrchestratorError('usage.no-edit', 'It is not said what changes.', {
    remedy: 'Give a goal text, --file, or one of the flags that `orchestrator schedules edit --help` lists.',
  });
}

/** `schedules list`. */
export async function listSchedules(context: CommandContext): Promise<number> {
  const { io, globals } = context;
  const all = await withClient(loadSettings(context), (client) => client.schedules.list());
  if (globals.json) io.stdout.write(`${safeJson(all, 2)}\n`);
  else if (all.length === 0) io.stdout.write('There are no schedules: `orchestrator schedules create --help`.\n');
  else io.stdout.write(`${table(SCHEDULE_HEAD, all.map(scheduleRow), io.stdout.columns).join('\n')}\n`);
  return EXIT.ok;
}

/** `schedules show <id>`. */
export async function showSchedule(context: CommandContext, id: string): Promise<number> {
  return print(context, await withClient(loadSettings(context), (client) => client.schedules.show(id)));
}

/** `schedules delete <id>`. */
export async function deleteSchedule(context: CommandContext, id: string): Promise<number> {
  await withClient(loadSettings(context), (client) => client.schedules.delete(id));
  return say(context, { id, deleted: true }, `Deleted: ${id}. Its goals stay.`);
}

/** `schedules pause | resume <id>`. */
export async function pauseSchedule(
  context: CommandContext,
  id: string,
  { verb, note = `by ${author()}` }: { readonly verb: 'pause' | 'resume'; readonly note?: string },
): Promise<number> {
  const paused = verb === 'pause';
  await withClient(loadSettings(context), ({ schedules }) =>
    paused ? schedules.pause(id, note) : schedules.unpause(id, note),
  );
  const text = paused
    ? `Paused: ${id} starts nothing until \`${typed(`schedules resume ${id}`, context.globals)}\`.`
    : `Resumed: ${id}.`;
  return say(context, { id, paused }, text);
}

/** `schedules trigger <id>`. */
export async function triggerSchedule(context: CommandContext, id: string): Promise<number> {
  await withClient(loadSettings(context), (client) => client.schedules.trigger(id));
  return say(
    context,
    { id, triggered: true },
    `Triggered: ${id}. \`${typed(`schedules show ${id}`, context.globals)}\` tells its goal.`,
  );
}

/** `schedules backfill <id>`. */
export async function backfillSchedule(context: CommandContext, id: string, flags: BackfillRange): Promise<number> {
  const { from, to, overlap } = flags;
  await withClient(loadSettings(context), (client) =>
    client.schedules.backfill(id, { from, to, ...(overlap === undefined ? {} : { overlap }) }),
  );
  return say(context, { id, from, to }, `The ticks of ${id} from ${from} to ${to} are made up for.`);
}

function print({ io, globals }: CommandContext, schedule: ScheduleDetail): number {
  io.stdout.write(
    globals.json ? `${safeJson(schedule, 2)}\n` : `${scheduleLines(schedule, io.stdout.columns).join('\n')}\n`,
  );
  return EXIT.ok;
}

function say({ io, globals }: CommandContext, value: object, text: string): number {
  io.stdout.write(globals.json ? `${safeJson(value)}\n` : `${text}\n`);
  return EXIT.ok;
}

async function fromFlags(words: readonly string[], flags: ScheduleFlags): Promise<object> {
  const file = flags.file === undefined ? {} : await readScheduleFile(flags.file);
  const { every, offset, catchup, budget, limit } = flags;
  const { cron, timezone, jitter, overlap, startAt, endAt, note } = flags;
  const before = 'goal' in file && typeof file.goal === 'object' ? file.goal : {};
  const goal = {
    ...(words.length > 0 ? { text: words.join(' ') } : {}),
    ...(flags.tag === undefined ? {} : { tags: [...flags.tag] }),
  };
  const given = {
    ...{ cron, timezone, jitter, overlap, startAt, endAt, note },
    interval: every === undefined ? undefined : { every, ...(offset === undefined ? {} : { offset }) },
    catchupWindow: catchup,
    budgetUsd: budget,
    limitActions: limit,
    variables: flags.variable && Object.fromEntries(flags.variable.map(pair)),
    goal: Object.keys(goal).length > 0 ? { ...before, ...goal } : undefined,
  };
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
