/** From goal to accepted plan: the manager plans, one repair, else a visible one-task fallback. Workflow side. */

import type { CallPurpose, Opening, Unfinished } from '../../core/contracts/calls.ts';
import { pseudoTask } from '../../core/contracts/ids.ts';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import type { BlobRef } from '../../core/contracts/refs.ts';
import { unpackSkeleton } from '../../tasks/pack-skeleton.ts';
import { createSchedule } from '../../tasks/schedule.ts';
import { callModel } from './call-model.ts';
import { type GoalRun, type Graph, taskRun } from './goal-run.ts';

/** Turns a plan answer may take when it is cut at the output limit. */
const MAX_PLAN_TURNS = 2;

/** Plans the goal, or takes the plan it was given. */
export async function planGoal(run: GoalRun): Promise<Graph> {
  const { skeleton: given } = run.opened;
  if (given) return graphFrom(run, unpackSkeleton(given));
  return graphFrom(run, (await askManager(run, 'plan')) ?? (await fallBack(run)));
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

/** One planning call and, when the plan is refused, one repair with the reasons. */
export async function askManager(
  run: GoalRun,
  purpose: 'plan' | 'replan',
  facts?: ReplanFacts,
): Promise<PlanSkeleton | undefined> {
  let opening: Opening = { kind: 'start' };
  for (let tries = 0; tries < 2; tries++) {
    const answer = await planCall(run, { purpose, opening, ...(facts ? { facts } : {}) });
    run.planRevision += 1;
    if (answer?.skeleton) return answer.skeleton;
    if (!answer?.feedback) return undefined;
    opening = { kind: 'revise', note: answer.feedback };
  }
  return undefined;
}

interface PlanAnswer {
  readonly skeleton?: PlanSkeleton;
  readonly feedback?: BlobRef;
}

async function planCall(
  run: GoalRun,
  call: { purpose: CallPurpose; opening: Opening; facts?: ReplanFacts },
): Promise<PlanAnswer | undefined> {
  const revision = run.planRevision;
  for (let turn = 1; turn <= MAX_PLAN_TURNS; turn++) {
    const { outcome } = await callModel(run, {
      activityId: `plan.${revision}.${turn}`,
      purpose: call.purpose,
      taskId: pseudoTask.plan,
      revision,
      turn,
      agent: 'manager',
      tier: 'deep',
      effort: 'M',
      opening: call.opening,
      ...(call.facts ? { unfinished: call.facts.unfinished, frozen: call.facts.frozen } : {}),
    });
    if (outcome.kind === 'plan') return { skeleton: unpackSkeleton(outcome.skeleton) };
    if (outcome.kind === 'plan-rejected') return { feedback: outcome.feedback };
    if (outcome.kind !== 'continue') return undefined;
  }
  return undefined;
}

async function fallBack(run: GoalRun): Promise<PlanSkeleton> {
  const { goalId, tenant } = run.input;
  run.fallbacks.push('plan.fallback');
  return unpackSkeleton(await run.proxies.goal.makeFallbackPlan({ goalId, tenant, snapshot: run.opened.snapshot }));
}
