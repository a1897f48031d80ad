/** What is printed when a goal has ended: deliverable, status, census, verdicts, cost, place. Pure. */
import type { Census } from '../../core/contracts/goal.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { CriterionView, GoalBudget, GoalDetail } from '../../core/goal.ts';
import { hintFor } from './awaiting-hint.ts';
import { formatCount, formatDuration, formatUsd, plural } from './format.ts';
import type { Format, Paint } from './paint.ts';
import { safeLine, safeText } from './safe-text.ts';
import { type Selectors, withTyped } from './typed.ts';

const STATUS_FORMAT: Readonly<Record<string, Format>> = {
  completed: 'green',
  partial: 'yellow',
  failed: 'red',
  cancelled: 'yellow',
};
const VERDICT: Readonly<Record<string, { glyph: string; format: Format }>> = {
  pass: { glyph: '✔', format: 'green' },
  fail: { glyph: '✖', format: 'red' },
  unverified: { glyph: '?', format: 'yellow' },
};

/** Options of a report. `savedTo`: where the deliverable was written. `selectors`: what its commands carry. */
export interface ReportOptions {
  readonly paint: Paint;
  readonly selectors?: Selectors;
  readonly savedTo?: string;
}

/** Lines of the whole report, the deliverable first. */
export function reportLines(detail: GoalDetail, options: ReportOptions): string[] {
  const { paint } = options;
  return [
    ...(detail.simulated ? [paint('yellow', SIMULATED_NOTE), ''] : []),
    ...(detail.deliverable === null ? [] : [...safeText(detail.deliverable).trimEnd().split('\n'), '']),
    ...summaryLines(detail, options),
  ];
}

/** Said of every goal the simulator answered. */
export const SIMULATED_NOTE = 'SIMULATED: every text below was made up by the simulator, not by Claude.';

/** The report without the deliverable. */
export function summaryLines(detail: GoalDetail, options: ReportOptions): string[] {
  const { paint } = options;
  const label = (name: string): string => paint('bold', name.padEnd(9));
  const status = paint(STATUS_FORMAT[detail.status] ?? 'cyan', detail.status);
  return [
    `${label('Goal')} ${detail.goalId}${detail.title ? `  ${safeLine(detail.title)}` : ''}`,
    `${label('Status')} ${status}${detail.reason ? `: ${safeLine(detail.reason)}` : ''}`,
    ...(detail.forkOf ? [`${label('Fork of')} ${safeLine(detail.forkOf.goalId)}${forkedBy(detail.forkOf)}`] : []),
    ...(detail.awaiting
      ? [`${label('Waits for')} ${safeLine(detail.awaiting)}${withTyped(howToGoOn(detail), options.selectors ?? {})}`]
      : []),
    ...(detail.census
      ? censusLines(detail.census, { label, simulated: detail.simulated })
      : [`${label('Cost')} ${formatUsd(detail.costMicroUsd)} so far`]),
    ...(detail.budget ? [`${label('Budget')} ${budgetText(detail.budget)}`] : []),
    ...criteriaLines(detail.criteria, paint),
    ...unfinishedLines(detail, paint),
    ...(options.savedTo ? [`${label('Saved to')} ${safeLine(options.savedTo)}`] : []),
  ];
}

function forkedBy({ author }: NonNullable<GoalDetail['forkOf']>): string {
  return author === undefined ? '' : ` by ${safeLine(author)}`;
}

function howToGoOn({ awaiting, goalId, reason, tasks }: GoalDetail): string {
  const hint = hintFor(awaiting, goalId, reason ?? '');
  if (hint !== undefined) return `: ${hint}`;
  if (awaiting !== 'capacity') return '';
  const waiting = tasks.filter((task) => task.awaiting === 'capacity').length;
  return `: room at the model${waiting > 0 ? ` for ${plural(waiting, 'task')}` : ''}; it goes on by itself`;
}

function budgetText({ capMicroUsd, settledMicroUsd, reservedMicroUsd, unknownMicroUsd }: GoalBudget): string {
  const unknown =
    unknownMicroUsd > 0 ? `, of it up to ${formatUsd(unknownMicroUsd)} for requests without an answer` : '';
  const held = reservedMicroUsd > 0 ? `, ${formatUsd(reservedMicroUsd)} held for calls in flight` : '';
  return `${formatUsd(settledMicroUsd)} of ${formatUsd(capMicroUsd)}${held}${unknown}`;
}

function censusLines(
  census: Census,
  { label, simulated }: { label: (name: string) => string; simulated: boolean },
): string[] {
  const { tasks, criteria, usage } = census;
  const taskFacts = [
    `${tasks.done}/${tasks.total} done`,
    ...(tasks.reused ? [`${tasks.reused} of them taken over`] : []),
    ...(['failed', 'skipped', 'cancelled', 'retried', 'revised'] as const).flatMap((kind) =>
      tasks[kind] > 0 ? [`${tasks[kind]} ${kind}`] : [],
    ),
    ...(census.replans > 0 ? [plural(census.replans, 'replan')] : []),
  ];
  const forecast = census.forecast;
  const forecastCost = forecast
    ? `, forecast ${formatUsd(forecast.costMicroUsd.low)}–${formatUsd(forecast.costMicroUsd.high)}`
    : '';
  const saved = census.savedMicroUsd ? `, ${formatUsd(census.savedMicroUsd)} saved by batches` : '';
  const tokens = [
    `${formatCount(usage.inputTokens)} in`,
    `${formatCount(usage.outputTokens)} out`,
    `${formatCount(usage.cacheReadTokens)} read from cache`,
  ].join(', ');
  const verified = census.verified
    ? `${criteria.pass} pass, ${criteria.fail} fail, ${criteria.unverified} unverified`
    : 'not verified';
  return [
    `${label('Tasks')} ${taskFacts.join(', ')}`,
    `${label('Checked')} ${verified}`,
    ...(census.fallbacks.length > 0 ? [`${label('Fallbacks')} ${census.fallbacks.map(safeLine).join(', ')}`] : []),
    `${label('Cost')} ${formatUsd(census.costMicroUsd)}${simulated ? ' as it would be (nothing was paid)' : ''}${saved}${forecastCost} · ${plural(census.modelCalls, 'model call')}, ${plural(census.toolCalls, 'tool call')}`,
    `${label('Tokens')} ${tokens}`,
    `${label('Time')} ${formatDuration(census.durationMs)} (critical path ${formatDuration(census.criticalPathMs)})`,
  ];
}

function criteriaLines(criteria: readonly CriterionView[], paint: Paint): string[] {
  const ofGoal = criteria.filter((criterion) => criterion.taskId === null);
  const shown = ofGoal.length > 0 ? ofGoal : criteria.filter((criterion) => criterion.verdict !== 'pass');
  if (shown.length === 0) return [];
  return [paint('bold', 'Criteria'), ...shown.flatMap((criterion) => criterionLines(criterion, paint))];
}

function criterionLines(criterion: CriterionView, paint: Paint): string[] {
  const look = VERDICT[criterion.verdict] ?? { glyph: '?', format: 'yellow' as const };
  const place = criterion.taskId ? `[${safeLine(criterion.taskId)}] ` : '';
  const why = criterion.quote ? `“${safeLine(criterion.quote)}”${sourceLabel(criterion)}` : safeLine(criterion.reason);
  return [
    `  ${paint(look.format, `${look.glyph} ${criterion.verdict}`)}  ${place}${safeLine(criterion.criterion)}`,
    ...(why ? [paint('dim', `      ${why}`)] : []),
  ];
}

/** Where a quote stands: the deliverable, which needs no naming, or a task's result. */
function sourceLabel({ source }: CriterionView): string {
  return source === null || source === pseudoTask.synthesis ? '' : ` [${safeLine(source)}]`;
}

function unfinishedLines(detail: GoalDetail, paint: Paint): string[] {
  const lost = detail.tasks.filter((task) => ['failed', 'skipped', 'cancelled'].includes(task.status));
  if (lost.length === 0) return [];
  const line = (task: (typeof lost)[number]): string =>
    `  ${paint('yellow', task.status)}  ${safeLine(task.taskId)}${task.reason ? `: ${safeLine(task.reason)}` : ''}`;
  return [paint('bold', 'Not done'), ...lost.slice(0, 20).map(line)];
}
