/**
 * Appends events in one statement: contiguous numbers, the read model, the notification. Host side.
 *
 * The goal's row is locked first and the tasks' rows after it, always in this order, so that no two writers wait for
 * each other; call it last in a transaction, since writers of one goal queue here.
 */
import { type SQL, sql } from 'drizzle-orm';
import { failure } from '../core/failures.ts';
import { ask } from './ask.ts';
import { goalChannel } from './channel.ts';
import { toJsonText } from './clean-json.ts';
import type { Statements } from './database.ts';
import { project, type TaskPatch } from './projection.ts';
import { SCHEMA_NAME } from './schema.ts';
import type { NewEvent } from './store.ts';
import { sqlState } from './unavailable.ts';

/** The goal whose rows change. */
export interface GoalScope {
  readonly tenant: string;
  readonly goalId: string;
}

/** What changes besides the events; numbers are added. */
export interface Additions {
  readonly costMicroUsd?: number;
  readonly modelCalls?: number;
  readonly toolCalls?: number;
  readonly task?: TaskPatch & { readonly costMicroUsd?: number; readonly modelCalls?: number };
}

/** What is appended in one go. */
export interface EventBatch {
  readonly events: readonly NewEvent[];
  readonly additions?: Additions;
}

/** Our functions in the database. */
export const functions = sql.raw(SCHEMA_NAME);
const APPEND = `select ${SCHEMA_NAME}.append_events($1, $2, $3) as known`;
/** SQLSTATE by which they say that there is no such goal. */
const NO_GOAL = 'P0002';

/** Appends `events` and applies what they mean; workflow events that are already there (by number) are left out. */
export async function appendEvents(statements: Statements, scope: GoalScope, batch: EventBatch): Promise<void> {
  await exceptKnown(batch.events, async (events) => {
    if (events.length === 0 && batch.additions === undefined) return [];
    const story = toJsonText(storyOf(scope, { ...batch, events }));
    const [row] = await goalNamed(scope.goalId, () =>
      ask<{ known: number[] }>(statements, APPEND, [scope.tenant, scope.goalId, story]),
    );
    return row?.known ?? [];
  });
}

/** `append` gives the numbers of events that are there already, and then has done nothing: it is run again without them. */
export async function exceptKnown(
  all: readonly NewEvent[],
  append: (events: readonly NewEvent[]) => Promise<readonly number[]>,
): Promise<void> {
  for (let events = all; ; ) {
    const known = new Set(await append(events));
    if (known.size === 0) return;
    events = events.filter((event) => event.number === undefined || !known.has(event.number));
  }
}

/** The part of a statement that appends; gives the numbers of workflow events that are there, and then appends nothing. */
export function appending(scope: GoalScope, batch: EventBatch): SQL {
  const story = toJsonText(storyOf(scope, batch));
  return sql`${functions}.append_events(${scope.tenant}, ${scope.goalId}, ${story}::jsonb)`;
}

/** The batch as `append_events` of the database takes it. */
export function storyOf({ goalId }: GoalScope, { events, additions = {} }: EventBatch): object {
  const { task, ...more } = additions;
  const { goal, tasks } = project(events);
  const numbers = events.flatMap((event) => event.number ?? []);
  return {
    channel: goalChannel(goalId),
    events: events.map(eventRow),
    goal,
    tasks: task === undefined ? tasks : merge(tasks, task),
    more,
    ...(numbers.length > 0 ? { numbers } : {}),
  };
}

/** Runs `work`; where a function of the database misses the goal, the failure names it. */
export async function goalNamed<T>(goalId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sqlState(error) === NO_GOAL ? goalNotFound(goalId) : error;
  }
}

/** No goal has this id. */
export function goalNotFound(goalId: string) {
  return failure('goal.not-found', `There is no goal ${goalId}.`);
}

function eventRow({ number, type, taskId, data, atMs }: NewEvent): Record<string, unknown> {
  return { number, type, task_id: taskId, data, at: atMs === undefined ? undefined : new Date(atMs).toISOString() };
}

/** One patch per task: two rows for one would leave it open which applies. */
function merge(patches: readonly TaskPatch[], extra: TaskPatch): TaskPatch[] {
  const same = patches.find((patch) => patch.taskId === extra.taskId);
  return [...patches.filter((patch) => patch !== same), { ...same, ...extra }];
}
