/** From goal to accepted plan: the manager plans, one repair, else a visible one-task fallback. Workflow side. */

import type { Opening, Unfinished } from '../../core/contracts/calls.ts';
import { MAX_STEERING } from '../../core/contracts/control.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import type { BlobRef } from '../../core/contracts/refs.ts';
import { unpackSkeleton } from '../../tasks/pack-skeleton.ts';
import { createSchedule } from '../../tasks/schedule.ts';
import { callModel } from './call-model.ts';
import { type GoalRun, type Graph, setStatus, taskRun } from './goal-run.ts';
import { Parked } from './parked.ts';
import { notesFor } from './steer.ts';

/** Turns a plan answer may take when it is cut at the output limit. */
const MAX_PLAN_TURNS = 2;

/** Plans the goal, or takes the plan it was given. Throws `Parked` when the next run is to plan it. */
export async function planGoal(run: GoalRun): Promise<Graph> {
  const { skeleton: given } = run.opened;
  if (given) {
    run.planRevision = given.revision + 1;
    return withReused(graphFrom(run, unpackSkeleton(given)), run.opened.reused);
  }
  setStatus(run, 'planning');
  return graphFrom(run, (await askManager(run, { purpose: 'plan' })) ?? (await fallBack(run)));
}

/** Tasks whose results were taken over are done. */
function withReused(graph: Graph, reused: string | undefined): Graph {
  if (reused === undefined) return graph;
  const taken = graph.skeleton.tasks.filter((_task, position) => reused[position] === '1');
  graph.schedule.restore(taken.map(({ id }) => ({ id, status: 'done' })));
  return graph;
}

/** The graph of a fresh plan. */
export function graphFrom(run: GoalRun, skeleton: PlanSkeleton): Graph {
  const schedule = createSchedule(skeleton.tasks, { maxParallel: run.opened.limits.maxParallelTasks });
  const graph: Graph = { skeleton, schedule, tasks: new Map() };
  for (const task of skeleton.tasks) taskRun(graph, task.id);
  return graph;
}

/** What a replan must know. */
export interface ReplanFacts {
  readonly unfinished: readonly Unfinished[];
  readonly frozen: readonly string[];
}

/** What the manager is asked for. */
export interface PlanWish {
  readonly purpose: 'plan' | 'replan';
  readonly facts?: ReplanFacts;
  /** A plan that a person sent back, and what they say of it. */
  readonly sentBack?: { readonly skeleton: PlanSkeleton; readonly feedback: BlobRef };
}

/**
 * One planning call and, when the plan is refused, one repair with the reasons. Throws `Parked` in place of waiting when
 * this run of the workflow must end: the next one asks from the start, and what was answered is in the journal.
 */
export async function askManager(run: GoalRun, wish: PlanWish): Promise<PlanSkeleton | undefined> {
  const { planRevision } = run;
  const asked: Asked = { costMicroUsd: 0 };
  try {
    return await askTwice(run, wish, asked);
  } catch (error) {
    if (error instanceof Parked) {
      run.planRevision = planRevision;
      run.costMicroUsd -= asked.costMicroUsd;
    }
    throw error;
  }
}

/** What the calls of one ask cost. */
interface Asked {
  costMicroUsd: number;
}

async function askTwice(run: GoalRun, wish: PlanWish, asked: Asked): Promise<PlanSkeleton | undefined> {
  let { opening, ...first } = openingOf(wish);
  for (let tries = 0; tries < 2; tries++) {
    const answer = await planCall(run, { ...wish, opening, ...(tries === 0 ? first : {}) }, asked);
    run.planRevision += 1;
    if (answer?.skeleton) return answer.skeleton;
    if (!answer?.feedback) return undefined;
    opening = { kind: 'revise', note: answer.feedback };
  }
  return undefined;
}

/** The manager's own plan is mended in its conversation; one of somebody else's is shown to it with what the person says. */
function openingOf({ sentBack }: PlanWish): Pick<PlanCall, 'opening' | 'rejected' | 'note'> {
  if (!sentBack) return { opening: { kind: 'start' } };
  const { skeleton, feedback } = sentBack;
  if (skeleton.source === 'manager') return { opening: { kind: 'revise', note: feedback } };
  return { opening: { kind: 'start' }, rejected: skeleton.plan.hash, note: feedback.hash };
}

interface PlanCall extends Omit<PlanWish, 'sentBack'> {
  readonly opening: Opening;
  readonly rejected?: string;
  readonly note?: string;
}

interface PlanAnswer {
  readonly skeleton?: PlanSkeleton;
  readonly feedback?: BlobRef;
}

async function planCall(run: GoalRun, call: PlanCall, asked: Asked): Promise<PlanAnswer | undefined> {
  const revision = run.planRevision;
  const steered = call.opening.kind === 'start' ? notesFor(run) : [];
  const notes = [...steered.slice(0, MAX_STEERING - 1), ...(call.note === undefined ? [] : [call.note])];
  for (let turn = 1; turn <= MAX_PLAN_TURNS; turn++) {
    const { outcome, costMicroUsd } = await callModel(run, {
      activityId: `plan.${revision}.${turn}`,
      purpose: call.purpose,
      taskId: pseudoTask.plan,
      revision,
      turn,
      agent: 'manager',
      tier: 'deep',
      effort: 'M',
      opening: call.opening,
      ...(call.rejected === undefined ? {} : { rejected: call.rejected }),
      ...(turn === 1 && notes.length > 0 ? { notes } : {}),
      ...(call.facts ? { unfinished: call.facts.unfinished, frozen: call.facts.frozen } : {}),
    });
    asked.costMicroUsd += costMicroUsd;
    if (outcome.kind === 'plan') return { skeleton: unpackSkeleton(outcome.skeleton) };
    if (outcome.kind === 'plan-rejected') return { feedback: outcome.feedback };
    if (outcome.kind !== 'continue') return undefined;
  }
  return undefined;
}

async function fallBack(run: GoalRun): Promise<PlanSkeleton> {
  const { goalId, tenant } = run.input;
  run.fallbacks.push('plan.fallback');
  const goal = { goalId, tenant, snapshot: run.opened.snapshot };
  return unpackSkeleton(await run.lane.run(() => run.proxies.goal.makeFallbackPlan(goal)));
}
