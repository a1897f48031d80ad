/** What a goal takes along when its workflow continues as new, and how it comes back. Workflow side. */
import type { LoadSkeletonInput } from '../../core/contracts/activities.ts';
import type { CarriedGoal, CarriedTask } from '../../core/contracts/goal-input.ts';
import { unpackSkeleton } from '../../tasks/pack-skeleton.ts';
import type { ScheduleEntry } from '../../tasks/schedule.ts';
import { type GoalRun, type Graph, type TaskRun, taskRun } from './goal-run.ts';
import { graphFrom } from './plan-goal.ts';

/** Characters of a reason that are carried; the whole of it is in the store. */
const MAX_REASON = 40;

/** The state of `run` as small JSON shapes: the plan goes by reference, a task that is over says little more than that. */
export function carry(run: GoalRun): CarriedGoal {
  const { graph } = run;
  const { skeleton: _given, reused: _taken, ...opened } = run.opened;
  return {
    opened,
    ...(graph ? { plan: planOf(run, graph) } : {}),
    tasks: graph ? graph.schedule.entries().map((entry) => carryTask(taskRun(graph, entry.id), entry)) : [],
    replans: run.replans,
    planRevision: run.planRevision,
    fallbacks: run.fallbacks,
    costMicroUsd: run.costMicroUsd,
    nextEvent: run.outbox.nextNumber,
    startedAtMs: run.startedAtMs,
    approvals: run.approvals.carry(),
    ...(run.rejections > 0 ? { rejections: run.rejections } : {}),
    ...(run.unapproved ? { unapproved: run.unapproved } : {}),
    ...(run.delivery ? { delivery: run.delivery } : {}),
    ...(run.moneySinceMs === undefined ? {} : { moneySinceMs: run.moneySinceMs }),
    ...(run.paused ? { paused: true as const } : {}),
    ...(run.steering.length > 0 ? { steering: run.steering } : {}),
  };
}

function planOf({ input }: GoalRun, { skeleton: { plan, revision, source } }: Graph): LoadSkeletonInput {
  return { tenant: input.tenant, plan, revision, source };
}

function carryTask(
  { revision, turn, opening, retries, revisions, reopened, superseded, steered, leftMs, reason }: TaskRun,
  { status, blocked }: ScheduleEntry,
): CarriedTask {
  const over = status === 'done' || status === 'failed' || status === 'skipped' || status === 'cancelled';
  return {
    status,
    ...(blocked ? { blocked } : {}),
    // A person may have it retried: under a revision that it did not have.
    ...(over ? (revision > 0 && status !== 'done' ? { revision } : {}) : { revision, turn, opening }),
    ...(reopened ? { reopened } : {}),
    ...(retries > 0 ? { retries } : {}),
    ...(revisions > 0 ? { revisions } : {}),
    ...(superseded ? { superseded } : {}),
    ...(over || steered === 0 ? {} : { steered }),
    ...(over || leftMs === undefined ? {} : { leftMs }),
    ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) }),
  };
}

/** The graph as it was carried; tasks that were set aside are ready again. */
export async function restoreGraph(
  run: GoalRun,
  plan: LoadSkeletonInput,
  tasks: readonly CarriedTask[],
): Promise<Graph> {
  const skeleton = unpackSkeleton(await run.lane.run(() => run.proxies.goal.loadSkeleton(plan)));
  const graph = graphFrom(run, skeleton);
  const states = skeleton.tasks.map(({ id }, position) => ({
    id,
    status: 'waiting' as const,
    ...tasks[position],
  }));
  graph.schedule.restore(states);
  for (const { id, status: _status, blocked: _blocked, ...state } of states) Object.assign(taskRun(graph, id), state);
  return graph;
}
