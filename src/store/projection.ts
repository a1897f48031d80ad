/** What events do to the read model of goals and tasks: one table. Pure. */
import type { GoalStatus } from '../core/contracts/goal.ts';
import type { TaskStatus } from '../core/contracts/plan.ts';
import type { EventType } from '../core/events.ts';
import type { NewEvent } from './store.ts';

/** Changes of a goal's row; absent members stay. Times are ISO 8601 or `now`, the transaction's. */
export interface GoalPatch {
  status?: GoalStatus;
  awaiting?: string | null;
  reason?: string | null;
  startedAt?: string;
}

/** Changes of a task's row. A new status brings its own reason and end time, or clears them. */
export interface TaskPatch {
  taskId: string;
  status?: TaskStatus;
  reason?: string;
  startedAt?: string;
  endedAt?: string;
  revision?: number;
  summary?: string;
}

interface Effect {
  goal?(event: NewEvent): GoalPatch;
  task?(event: NewEvent): Omit<TaskPatch, 'taskId'>;
}

/** Whether a goal waits for capacity is read from the lines of the models: see goal-views.ts. */
const ofCapacity = (event: NewEvent) => event.data.awaiting === 'capacity';

const taskStatus = (status: TaskStatus) => (event: NewEvent) => ({ status, ...revisionOf(event), ...reasonOf(event) });

/** The table. Types that are not in it are only stored. */
const EFFECTS: Partial<Record<EventType, Effect>> = {
  'goal-start': { goal: (event) => ({ status: 'planning', startedAt: timeOf(event) }) },
  'plan-ready': { goal: () => ({ status: 'running' }) },
  'synthesis-start': { goal: () => ({ status: 'synthesising' }) },
  'deliverable-ready': { goal: () => ({ status: 'verifying' }) },
  cancelling: { goal: () => ({ status: 'cancelling' }) },
  awaiting: {
    goal: (event) =>
      ofCapacity(event) ? {} : { awaiting: textOf(event, 'awaiting') ?? 'credentials', ...reasonOf(event) },
  },
  'awaiting-end': { goal: (event) => (ofCapacity(event) ? {} : { awaiting: null, reason: null }) },
  'task-start': { task: (event) => ({ ...taskStatus('running')(event), startedAt: timeOf(event) }) },
  // A verdict: a failed check is followed by another revision, a passed one by the end.
  'task-check': { task: (event) => taskStatus(event.data.passed === false ? 'running' : 'checking')(event) },
  // It was done by another goal.
  'task-reused': {
    task: (event) => ({ ...taskStatus('done')(event), startedAt: timeOf(event), endedAt: timeOf(event) }),
  },
  'task-retry': { task: taskStatus('ready') },
  'task-reopened': { task: (event) => ({ status: textOf(event, 'status') === 'ready' ? 'ready' : 'waiting' }) },
  'task-end': {
    task: (event) => ({
      ...taskStatus((textOf(event, 'status') ?? 'done') as TaskStatus)(event),
      endedAt: timeOf(event),
    }),
  },
};

/** The patches of a batch of events, in order, later ones over earlier ones. `data.goalStatus` of any event sets it. */
export function project(events: readonly NewEvent[]): { goal: GoalPatch; tasks: TaskPatch[] } {
  const goal: GoalPatch = {};
  const tasks = new Map<string, TaskPatch>();
  for (const event of events) {
    const effect = EFFECTS[event.type];
    Object.assign(goal, effect?.goal?.(event));
    const named = textOf(event, 'goalStatus');
    if (named !== undefined) goal.status = named as GoalStatus;
    if (effect?.task === undefined || event.taskId === undefined) continue;
    const { taskId } = event;
    const before = tasks.get(taskId) ?? { taskId };
    const after = { ...kept(before), ...effect.task(event) };
    tasks.set(taskId, before.startedAt === undefined ? after : { ...after, startedAt: before.startedAt });
  }
  return { goal, tasks: [...tasks.values()] };
}

/** What an earlier patch leaves to a later one: its reason and end belong to its status. */
function kept({ reason: _reason, endedAt: _endedAt, ...rest }: TaskPatch): TaskPatch {
  return rest;
}

function timeOf(event: NewEvent): string {
  return event.atMs === undefined ? 'now' : new Date(event.atMs).toISOString();
}

function textOf(event: NewEvent, member: string): string | undefined {
  const value = event.data[member];
  return typeof value === 'string' ? value : undefined;
}

function reasonOf(event: NewEvent): { reason?: string } {
  const reason = textOf(event, 'reason');
  return reason === undefined ? {} : { reason };
}

function revisionOf(event: NewEvent): { revision?: number } {
  const { revision } = event.data;
  return typeof revision === 'number' && Number.isInteger(revision) ? { revision } : {};
}
