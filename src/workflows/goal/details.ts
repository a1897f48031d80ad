/** The live task table that the Temporal Web UI shows as the workflow's current details. Workflow side. */
import { setCurrentDetails } from '@temporalio/workflow';
import type { TaskStatus } from '../../core/contracts/plan.ts';
import type { GoalRun } from './goal-run.ts';

const MAX_ROWS = 60;
/** Order of rows: what moves first, then trouble, then what waits, then what is over. */
const ORDER: readonly TaskStatus[] = [
  'running',
  'checking',
  'failed',
  'ready',
  'waiting',
  'cancelled',
  'skipped',
  'done',
];

/** Renders status, cost and tasks as Markdown. */
export function detailsOf(run: GoalRun): string {
  const lines = [
    `**${run.status}**${run.awaiting ? ` · waiting for ${run.awaiting}` : ''} · ${(run.costMicroUsd / 1_000_000).toFixed(4)} USD`,
  ];
  if (run.reason) lines.push('', run.reason);
  if (run.graph) lines.push('', ...taskTable(run, run.graph));
  return lines.join('\n');
}

/** Puts the current state into the Web UI; costs no history. */
export function showDetails(run: GoalRun): void {
  setCurrentDetails(detailsOf(run));
}

function taskTable(run: GoalRun, graph: NonNullable<GoalRun['graph']>): string[] {
  const ids = ORDER.flatMap((status) => graph.schedule.ids(status).map((id) => ({ id, status })));
  const rows = ids.slice(0, MAX_ROWS).map(({ id, status }) => {
    const task = graph.tasks.get(id);
    return `| ${id} | ${status} | ${task && status !== 'waiting' ? `${task.revision}.${task.turn}` : ''} | ${task?.reason ?? ''} |`;
  });
  const rest = ids.length > MAX_ROWS ? [`| … ${ids.length - MAX_ROWS} more | | | |`] : [];
  return [
    `Tasks of plan ${graph.skeleton.revision} (${run.replans} replans):`,
    '',
    '| task | status | turn | reason |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...rest,
  ];
}
