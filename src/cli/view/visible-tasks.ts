/** Which tasks are shown when not all fit: those that live or failed first, the rest counted. Pure. */
import { plural } from './format.ts';
import type { TaskPicture } from './goal-view.ts';

/** A task, or a line that counts what is not shown. */
export type GraphLine =
  | { readonly kind: 'task'; readonly task: TaskPicture }
  | { readonly kind: 'hidden'; readonly text: string };

/** How much a state wants to be seen: 0 most. */
const URGENCY: Readonly<Record<string, number>> = { running: 0, checking: 0, failed: 1, ready: 2, skipped: 3 };

/** Tasks by layer, in plan order within one. */
export function ordered(tasks: readonly TaskPicture[]): TaskPicture[] {
  return tasks
    .map((task, at) => ({ task, at }))
    .sort((a, b) => a.task.layer - b.task.layer || a.at - b.at)
    .map(({ task }) => task);
}

/** At most `room` lines. When tasks are left out, the last line says how many of each state. */
export function choose(tasks: readonly TaskPicture[], room: number): GraphLine[] {
  if (tasks.length <= room) return tasks.map((task) => ({ kind: 'task', task }));
  const ranked = tasks.map((task, at) => ({
    at,
    urgency: URGENCY[task.status] ?? 4,
    waiting: task.status === 'waiting',
  }));
  ranked.sort((a, b) => a.urgency - b.urgency || Number(b.waiting) - Number(a.waiting) || a.at - b.at);
  const shown = new Set(ranked.slice(0, Math.max(0, room - 1)).map((entry) => entry.at));
  const lines: GraphLine[] = tasks.flatMap((task, at) => (shown.has(at) ? [{ kind: 'task' as const, task }] : []));
  const counts = new Map<string, number>();
  for (const [at, task] of tasks.entries()) {
    if (!shown.has(at)) counts.set(task.status, (counts.get(task.status) ?? 0) + 1);
  }
  const hidden = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  return [...lines, { kind: 'hidden', text: `${plural(tasks.length - shown.size, 'more task')}: ${hidden}` }];
}
