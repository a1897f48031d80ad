/** `orchestrator goals …`: list, show, watch, cancel, resume, raise-budget. Host side. */
import type { ListFilter } from '../../client/client-parts.ts';
import type { Headroom } from '../../client/examine/headroom.ts';
import type { GoalDetail, GoalSummary } from '../../core/goal.ts';
import { author } from '../author.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor } from '../io.ts';
import { finishRun } from '../run/finish.ts';
import { type FollowFlags, followToEnd } from '../run/follow-to-end.ts';
import { saveDeliverable } from '../run/save-deliverable.ts';
import { loadSettings, withClient } from '../settings.ts';
import { formatDuration, formatUsd } from '../view/format.ts';
import { type ReportOptions, SIMULATED_NOTE, summaryLines } from '../view/report.ts';
import { safeJson, safeText } from '../view/safe-text.ts';
import { table } from '../view/table.ts';
import { typed } from '../view/typed.ts';

/** `goals list`: newest first. */
export async function listGoals(context: CommandContext, filter: ListFilter): Promise<number> {
  const { io, globals } = context;
  const goals = await withClient(loadSettings(context), (client) => client.list(filter));
  if (globals.json) io.stdout.write(`${safeJson(goals, 2)}\n`);
  else if (goals.length === 0)
    io.stdout.write(Object.keys(filter).length > 0 ? 'No such goals.\n' : 'No goals: `orchestrator run --help`.\n');
  else {
    const head = ['GOAL', 'STATUS', 'CREATED', 'COST', 'CALLS', 'TITLE'];
    io.stdout.write(`${table(head, goals.map(goalRow), io.stdout.columns).join('\n')}\n`);
  }
  return EXIT.ok;
}

function goalRow(goal: GoalSummary): string[] {
  const status = goal.awaiting ? `${goal.status} (waits: ${goal.awaiting})` : goal.status;
  const created = goal.createdAt.slice(0, 16).replace('T', ' ');
  return [goal.goalId, status, created, formatUsd(goal.costMicroUsd), String(goal.modelCalls), goal.title];
}

/** Flags of `goals show`. */
export interface ShowFlags {
  /** Only the deliverable. */
  readonly deliverable?: boolean;
  /** Writes the deliverable to this file. */
  readonly output?: string;
}

/** `goals show <id>`: everything that is known. */
export async function showGoal(context: CommandContext, goalId: string, flags: ShowFlags): Promise<number> {
  const { io, globals } = context;
  const { detail, headroom } = await withClient(loadSettings(context), async (client) => {
    const shown = await client.show(goalId);
    return { detail: shown, headroom: shown.endedAt === null ? await client.headroom(goalId) : [] };
  });
  if (flags.output !== undefined && detail.deliverable !== null) {
    io.stderr.write(`Saved to ${await saveDeliverable(flags.output, detail.deliverable)}\n`);
  }
  if (globals.json) io.stdout.write(`${safeJson(headroom.length > 0 ? { ...detail, headroom } : detail, 2)}\n`);
  else if (flags.deliverable)
    io.stdout.write(`${safeText(detail.deliverable ?? 'There is no deliverable.').trimEnd()}\n`);
  else {
    const paint = paintFor(io.stdout, io, !globals.color);
    const lines = detailLines(detail, { paint, selectors: globals }, io.stdout.columns);
    io.stdout.write(`${[...lines, ...headroomLines(headroom)].join('\n')}\n`);
  }
  return EXIT.ok;
}

function detailLines(
  detail: GoalDetail,
  options: Required<Pick<ReportOptions, 'paint' | 'selectors'>>,
  columns: number | undefined,
): string[] {
  const { paint, selectors } = options;
  const read = typed(`goals show ${detail.goalId} --deliverable`, selectors);
  return [
    ...(detail.simulated ? [paint('yellow', SIMULATED_NOTE)] : []),
    ...summaryLines(detail, options),
    ...(detail.invisibleCharacters
      ? [paint('yellow', 'The goal holds characters that do not show; here they are spelt out.')]
      : []),
    '',
    paint('bold', 'Goal text'),
    ...safeText(detail.text)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    ...(detail.tasks.length > 0 ? ['', ...taskLines(detail, columns)] : []),
    ...(detail.deliverable === null ? [] : ['', `Read the deliverable with \`${read}\`.`]),
  ];
}

/** The limit of Temporal that the goal's workflow has used most of, once that is worth a line. */
function headroomLines([most]: readonly Headroom[]): string[] {
  if (!most || most.share < SHOWN_SHARE) return [];
  return [
    '',
    `History: ${most.used} of ${most.limit} ${most.of} that Temporal allows (${Math.round(most.share * 100)} %)`,
  ];
}

const SHOWN_SHARE = 0.1;

function taskLines(detail: GoalDetail, columns: number | undefined): string[] {
  const rows = detail.tasks.map((task) => {
    const [start, end] = [task.startedAt, task.endedAt].map((time) => (time === null ? undefined : Date.parse(time)));
    const time = start === undefined ? '' : formatDuration((end ?? Date.now()) - start);
    return [
      task.taskId,
      task.status,
      task.agent,
      time,
      formatUsd(task.costMicroUsd),
      task.dependsOn.join(' '),
      task.title,
    ];
  });
  return table(['TASK', 'STATUS', 'AGENT', 'TIME', 'COST', 'AFTER', 'TITLE'], rows, columns);
}

/** Flags of `goals watch`. */
export interface WatchFlags extends FollowFlags {
  /** Show events after this sequence number only. */
  readonly after?: number;
}

/** `goals watch <id>`: to the end; the exit code is that of the goal's status. */
export async function watchGoal(context: CommandContext, goalId: string, flags: WatchFlags): Promise<number> {
  const settings = loadSettings(context);
  return withClient(settings, async (client) => {
    const { after: afterSeq } = flags;
    const end = await followToEnd(context, { client, goalId, flags, settings, afterSeq });
    if (end.kind === 'detached') return EXIT.interrupted;
    return finishRun(end.detail, { context, settings, flags });
  });
}

/** `goals cancel <id>`: asks for it; with `wait` returns when it is confirmed. */
export async function cancelGoal(context: CommandContext, goalId: string, flags: { wait?: boolean }): Promise<number> {
  const { io, globals } = context;
  return withClient(loadSettings(context), async (client) => {
    await client.cancel(goalId);
    const status = flags.wait ? (await client.result(goalId)).status : (await client.status(goalId)).status;
    io.stdout.write(globals.json ? `${safeJson({ goalId, status })}\n` : `Goal ${goalId}: ${status}\n`);
    return EXIT.ok;
  });
}

/** `goals resume <id>`: tells a waiting goal to go on. */
export async function resumeGoal(context: CommandContext, goalId: string): Promise<number> {
  const { io, globals } = context;
  return withClient(loadSettings(context), async (client) => {
    await client.resume(goalId);
    const { status } = await client.status(goalId);
    io.stdout.write(globals.json ? `${safeJson({ goalId, status })}\n` : `Goal ${goalId} was told to go on.\n`);
    return EXIT.ok;
  });
}

/** `goals raise-budget <id> <usd>`: the new budget of the whole goal. */
export async function raiseBudget(context: CommandContext, goalId: string, budgetUsd: number): Promise<number> {
  const { io, globals } = context;
  return withClient(loadSettings(context), async (client) => {
    const { budgetMicroUsd } = await client.raiseBudget(goalId, { budgetUsd, author: author() });
    const text = `Goal ${goalId} may now spend ${formatUsd(budgetMicroUsd)}.`;
    io.stdout.write(globals.json ? `${safeJson({ goalId, budgetMicroUsd })}\n` : `${text}\n`);
    return EXIT.ok;
  });
}
