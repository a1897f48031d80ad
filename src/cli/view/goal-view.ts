/** What the live view knows of a goal, folded from the stored detail and the event stream. Pure. */

import type { GoalEvent } from '../../core/events.ts';
import type { GoalDetail, TaskView } from '../../core/goal.ts';
import { awaitingHint } from './awaiting-hint.ts';
import { safeLine, safeText } from './safe-text.ts';

/** Characters of a task's streamed text that are kept. */
const STREAM_TAIL = 2_000;
/** Remarks that are kept: retries, replans, waits. */
const NOTES = 3;

/** One task in the picture. Texts are safe for a terminal. */
export interface TaskPicture {
  readonly id: string;
  readonly title: string;
  readonly agent: string;
  readonly dependsOn: readonly string[];
  /** Length of the longest chain before it. */
  readonly layer: number;
  readonly optional: boolean;
  readonly status: string;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly costMicroUsd: number;
  readonly revision: number;
}

/** The whole picture. `streams`: last text per task (or pseudo task), oldest activity first. */
export interface GoalPicture {
  readonly goalId: string;
  readonly title: string;
  readonly status: string;
  readonly awaiting: string | null;
  readonly simulated: boolean;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly costMicroUsd: number;
  readonly budgetMicroUsd?: number;
  readonly modelCalls: number;
  readonly tasks: readonly TaskPicture[];
  readonly streams: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
  /** Calls in each batch that is waited for. */
  readonly batches: ReadonlyMap<string, number>;
}

/** The picture before anything is known. */
export function emptyPicture(goalId: string): GoalPicture {
  return {
    goalId,
    title: '',
    status: 'queued',
    awaiting: null,
    simulated: false,
    startedAtMs: null,
    endedAtMs: null,
    costMicroUsd: 0,
    modelCalls: 0,
    tasks: [],
    streams: new Map(),
    notes: [],
    batches: new Map(),
  };
}

/** Takes over what the store says; it is the truth for everything but the streams and notes. */
export function applyDetail(picture: GoalPicture, detail: GoalDetail): GoalPicture {
  const layers = layersOf(detail.tasks);
  return {
    ...picture,
    title: safeLine(detail.title),
    status: detail.status,
    awaiting: detail.awaiting,
    simulated: detail.simulated,
    startedAtMs: timeMs(detail.startedAt ?? detail.createdAt),
    endedAtMs: timeMs(detail.endedAt),
    costMicroUsd: detail.costMicroUsd,
    ...(detail.budget ? { budgetMicroUsd: detail.budget.capMicroUsd } : {}),
    modelCalls: detail.modelCalls,
    tasks: detail.tasks.map((task) => ({
      id: safeLine(task.taskId),
      title: safeLine(task.title),
      agent: safeLine(task.agent),
      dependsOn: task.dependsOn.map(safeLine),
      layer: layers.get(task.taskId) ?? 0,
      optional: task.optional,
      status: task.status,
      startedAtMs: timeMs(task.startedAt),
      endedAtMs: timeMs(task.endedAt),
      costMicroUsd: task.costMicroUsd,
      revision: task.revision,
    })),
  };
}

/** Takes over one event: what shows at once, before the store is read again. */
export function applyEvent(picture: GoalPicture, event: GoalEvent): GoalPicture {
  switch (event.type) {
    case 'text-delta':
      return withStream(picture, event.taskId ?? '', text(event.data.text));
    case 'goal-start':
      return { ...picture, status: 'planning', startedAtMs: picture.startedAtMs ?? timeMs(event.at) };
    case 'plan-ready':
      return planned(picture, event);
    case 'task-start':
      return withTask(picture, event, { status: 'running' });
    case 'task-reused':
      return ended(picture, event);
    case 'task-check':
      return withTask(picture, event, { status: 'checking' });
    case 'task-end':
      return ended(picture, event);
    case 'turn-end':
      return event.taskId?.startsWith('_') ? withoutStream(picture, event.taskId) : picture;
    case 'synthesis-start':
      return { ...picture, status: 'synthesising' };
    case 'awaiting':
      // What a person is to give goes first.
      if (event.data.awaiting === 'capacity' && picture.awaiting) return picture;
      return withNote(
        { ...picture, awaiting: safeLine(text(event.data.awaiting) || text(event.data.what)) || 'a person' },
        event,
      );
    case 'awaiting-end':
      return event.data.awaiting === 'capacity' && picture.awaiting !== 'capacity'
        ? picture
        : { ...picture, awaiting: null };
    case 'task-retry':
      return withNote(withTask(picture, event, { status: 'ready' }), event);
    case 'plan-edited':
      return withNote({ ...planned(picture, event), status: picture.status }, event);
    case 'task-reopened':
      return withTask(picture, event, { status: 'waiting', endedAtMs: null });
    case 'batch-start':
    case 'batch-end':
      return withBatch(picture, event);
    case 'batch-fallback':
    case 'budget-warning':
    case 'budget-raised':
    case 'replan':
    case 'fallback':
    case 'plan-rejected':
      return withNote(picture, event);
    case 'goal-end':
      return { ...picture, status: safeLine(text(event.data.status)) || picture.status, endedAtMs: timeMs(event.at) };
    default:
      return picture;
  }
}

/** A batch that is waited for, or not any more. */
function withBatch(picture: GoalPicture, { type, data }: GoalEvent): GoalPicture {
  const batches = new Map(picture.batches);
  if (type === 'batch-end') batches.delete(text(data.batch));
  else batches.set(text(data.batch), Number(data.calls) || 0);
  return { ...picture, batches };
}

/** The plan as the event tells it; tasks that are known keep their state. */
function planned(picture: GoalPicture, event: GoalEvent): GoalPicture {
  const listed = Array.isArray(event.data.tasks) ? (event.data.tasks as Readonly<Record<string, unknown>>[]) : [];
  const known = new Map(picture.tasks.map((task) => [task.id, task]));
  const rows = listed.map((task) => ({ taskId: text(task.id), dependsOn: texts(task.dependsOn), task }));
  const layers = layersOf(rows);
  const tasks = rows.map(({ taskId, dependsOn, task }) => ({
    ...(known.get(safeLine(taskId)) ?? WAITING),
    id: safeLine(taskId),
    title: safeLine(text(task.title)),
    agent: safeLine(text(task.agent)),
    dependsOn: dependsOn.map(safeLine),
    layer: layers.get(taskId) ?? 0,
    optional: task.optional === true,
  }));
  const title = safeLine(text(event.data.title)) || picture.title;
  return { ...picture, title, status: 'running', tasks: tasks.length > 0 ? tasks : picture.tasks };
}

const WAITING = { status: 'waiting', startedAtMs: null, endedAtMs: null, costMicroUsd: 0, revision: 0 };

function withTask(picture: GoalPicture, event: GoalEvent, change: Partial<TaskPicture>): GoalPicture {
  const tasks = picture.tasks.map((task) =>
    task.id === event.taskId ? { ...task, startedAtMs: task.startedAtMs ?? timeMs(event.at), ...change } : task,
  );
  return { ...picture, tasks };
}

function ended(picture: GoalPicture, event: GoalEvent): GoalPicture {
  const status = safeLine(text(event.data.status)) || 'done';
  return withTask(withoutStream(picture, event.taskId ?? ''), event, { status, endedAtMs: timeMs(event.at) });
}

function withoutStream(picture: GoalPicture, key: string): GoalPicture {
  const streams = new Map(picture.streams);
  streams.delete(key);
  return { ...picture, streams };
}

function withStream(picture: GoalPicture, key: string, delta: string): GoalPicture {
  const streams = new Map(picture.streams);
  const before = streams.get(key) ?? '';
  streams.delete(key);
  streams.set(key, (before + safeText(delta)).slice(-STREAM_TAIL));
  return { ...picture, streams };
}

function withNote(picture: GoalPicture, event: GoalEvent): GoalPicture {
  const parts = [event.type, event.taskId ?? '', text(event.data.reason) || text(event.data.summary)];
  const hint = awaitingHint(event);
  const notes = [parts.filter(Boolean).join(' · '), ...(hint ? [hint] : [])].map(safeLine);
  return { ...picture, notes: [...picture.notes, ...notes].slice(-NOTES) };
}

/** Longest chain before each task; a cycle (which no accepted plan has) would end at the number of tasks. */
function layersOf(tasks: readonly Pick<TaskView, 'taskId' | 'dependsOn'>[]): Map<string, number> {
  const layers = new Map(tasks.map((task) => [task.taskId, 0]));
  for (let pass = 0, changed = true; changed && pass < tasks.length; pass++) {
    changed = false;
    for (const task of tasks) {
      const layer = Math.max(0, ...task.dependsOn.map((id) => (layers.get(id) ?? -1) + 1));
      if (layer > (layers.get(task.taskId) ?? 0)) {
        layers.set(task.taskId, layer);
        changed = true;
      }
    }
  }
  return layers;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function timeMs(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}
