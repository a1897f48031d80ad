/** What a fork would take over, run and cost, in plain lines. Pure. */
import type { ForkPreview, ForkTask, WhyRun } from '../../core/fork.ts';
import { formatDuration, formatUsd, plural } from './format.ts';
import { table } from './table.ts';

const WHY: Readonly<Record<WhyRun, string>> = {
  new: 'new',
  changed: 'changed',
  asked: 'asked for',
  'not-done': 'was not done',
  unchecked: 'was not checked',
  upstream: 'builds on what runs',
};

/** Lines of the preview: the tasks that run with why, then the price beside what the original paid. */
export function forkLines(preview: ForkPreview, columns: number | undefined): string[] {
  const { tasks, forecast, savedMicroUsd, paidMicroUsd } = preview;
  const run = tasks.filter(({ why }) => why !== null);
  const taken = tasks.length - run.length;
  const { costMicroUsd: cost, durationMs: time } = forecast;
  const range = `${formatUsd(cost.low)}–${formatUsd(cost.high)}, ${formatDuration(time.low)}–${formatDuration(time.high)}`;
  return [
    ...(run.length === 0 ? [] : [...table(['RUNS', 'WHY', 'PAID THEN', 'TITLE'], run.map(row), columns), '']),
    `Taken over: ${taken} of ${plural(tasks.length, 'task')}, for which the original paid ${formatUsd(savedMicroUsd)}: not paid again.`,
    `To run:     ${plural(run.length, 'task')}, for which the original paid ${formatUsd(paidMicroUsd)}; forecast ${range}.`,
  ];
}

function row({ taskId, why, paidMicroUsd, title }: ForkTask): string[] {
  return [taskId, why === null ? '' : WHY[why], formatUsd(paidMicroUsd), title];
}
