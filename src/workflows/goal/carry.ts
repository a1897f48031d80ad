/** What a goal takes along when its workflow continues as new, and how it comes back. Workflow side. */
import type { CarriedGoal, CarriedTask } from '../../core/contracts/goal-input.ts';
import type { TaskStatus } from '../../core/contracts/plan.ts';
import { unpackSkeleton } from '../../tasks/pack-skeleton.ts';
import { type GoalRun, type Graph, graphOf, type TaskRun, taskRun } from './goal-run.ts';
import { graphFrom } from './plan-goal.ts';

/** Characters of a reason that are carried; the whole of it is in the store. */
const MAX_REASON = 40;

/** The state of `run` as small JSON shapes: the plan goes by reference, a task that is over says little more than that. */
export function carry(run: GoalRun): CarriedGoal {
  const graph = graphOf(run);
  const { plan, revision, source } = graph.skeleton;
  const { skeleton: _given, ...opened } = run.opened;
  return {
    opened,
    plan: { tenant: run.input.tenant, plan, revision, source },
    tasks: graph.schedule.entries().map(({ id, status }) => carryTask(taskRun(graph, id), status)),
    replans: run.replans,
    planRevision: run.planRevision,
    fallbacks: run.fallbacks,
    costMicroUsd: run.costMicroUsd,
    nextEvent: run.outbox.nextNumber,
    startedAtMs: run.startedAtMs,
  };
}

function carryTask(
  { revision, turn, opening, retries, revisions, superseded, reason }: TaskRun,
  status: TaskStatus,
): CarriedTask {
  const over = status === 'done' || status === 'failed' || status === 'skipped' || status === 'cancelled';
  return {
    status,
    ...(over ? {} : { revision, turn, opening }),
    ...(retries > 0 ? { retries } : {}),
    ...(revisions > 0 ? { revisions } : {}),
    ...(superseded ? { superseded } : {}),
    ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) }),
  };
}

/** The graph as it was carried; tasks that were set aside are ready again. */
export async function restoreGraph(run: GoalRun, carried: CarriedGoal): Promise<Graph> {
  const skeleton = unpackSkeleton(await run.proxies.goal.loadSkeleton(carried.plan));
  const graph = graphFrom(run, skeleton);
  const states = skeleton.tasks.map(({ id }, position) => ({
    id,
    status: 'waiting' as const,
    ...carried.tasks[position],
  }));
  graph.schedule.restore(states);
  for (const { id, status: _status, ...state } of states) Object.assign(taskRun(graph, id), state);
  return graph;
}
