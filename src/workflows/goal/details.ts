/** The live task table that the Temporal Web UI shows as the workflow's current details. Workflow side. */
import { setCurrentDetails } from '@temporalio/workflow';
import type { TaskSkeleton, TaskStatus } from '../../core/contracts/plan.ts';
import { reasonShown } from './awaiting.ts';
import type { GoalRun, Graph } from './goal-run.ts';

const MAX_ROWS = 60;
/** Dependencies that a row names. */
const MAX_NAMED = 3;
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
const ENDS: ReadonlySet<string> = new Set(['completed', 'partial', 'failed', 'cancelled']);

/** Renders status, cost and tasks as Markdown. */
export function detailsOf(run: GoalRun): string {
  const { graph } = run;
  const reason = reasonShown(run);
  const facts = [
    `**${run.status}**`,
    ...(run.awaiting ? [`waits for ${run.awaiting}`] : []),
    ...(run.batches.waiting > 0 ? [`waits for a batch (calls: ${run.batches.waiting})`] : []),
    ...(graph ? [`${graph.schedule.counts().done} of ${graph.skeleton.tasks.length} tasks done`] : []),
    `${(run.costMicroUsd / 1_000_000).toFixed(4)} USD`,
    ...(run.replans > 0 ? [`replans: ${run.replans}`] : []),
    ...(graph && graph.skeleton.source !== 'manager' ? [`plan: ${graph.skeleton.source}`] : []),
  ];
  return [
    facts.join(' · '),
    ...(reason ? [plain(reason)] : []),
    ...(ENDS.has(run.status) ? [`More: \`orchestrator goals show ${run.input.goalId}\``] : []),
    ...(graph ? [taskTable(graph)] : []),
    // The Web UI cuts the last line off.
    '\u00a0',
  ].join('\n\n');
}

/** Puts the state into the Web UI, rendered anew at each look: the SDK answers with the JSON of what it was given here. */
export function showDetails(run: GoalRun): void {
  setCurrentDetails({ toJSON: () => detailsOf(run) } as unknown as string);
}

function taskTable(graph: Graph): string {
  const entries = graph.skeleton.tasks.map((task) => ({ task, status: graph.schedule.status(task.id) ?? 'waiting' }));
  entries.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const rows = entries.slice(0, MAX_ROWS).map(({ task, status }) => row(graph, task, status));
  const rest = entries.length > MAX_ROWS ? [`| … ${entries.length - MAX_ROWS} more | | | | |`] : [];
  return ['| task | status | agent | turn | remarks |', '| :-- | :-- | :-- | :-- | :-- |', ...rows, ...rest].join('\n');
}

function row(graph: Graph, task: TaskSkeleton, status: TaskStatus): string {
  const state = graph.tasks.get(task.id);
  const begun = state !== undefined && status !== 'waiting' && status !== 'ready' && status !== 'skipped';
  const remarks = [
    ...(state && state.revision > 0 ? [`attempt ${state.revision + 1}`] : []),
    ...(status === 'waiting' ? [`after ${dependencies(graph, task)}`] : []),
    ...(state?.reason ? [plain(state.reason)] : []),
  ].join(', ');
  return `| ${plain(task.id)} | ${status} | ${plain(task.agent)} | ${begun ? state.turn : ''} | ${remarks} |`;
}

function dependencies({ skeleton }: Graph, { dependsOn }: TaskSkeleton): string {
  const ids = dependsOn.slice(0, MAX_NAMED).map((position) => plain(skeleton.tasks[position]?.id ?? '?'));
  const more = dependsOn.length > MAX_NAMED ? ` and ${dependsOn.length - MAX_NAMED} more` : '';
  return `${ids.join(', ')}${more}`;
}

/** Text of people and models as text: no Markdown of theirs, so no links, images or table cells. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#!|&~]/g, '\\$&');
}
