/** An accepted plan that a person must let run: asked, edited, sent back with feedback a few times, or refused. Workflow side. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { Decision } from '../../core/contracts/approvals.ts';
import type { PlanSkeleton } from '../../core/contracts/plan.ts';
import { MAX_PLAN_REJECTIONS, whyAsk } from '../../core/contracts/plan-approval.ts';
import type { BlobRef } from '../../core/contracts/refs.ts';
import { APPROVAL_TERMS } from './approvals.ts';
import { type GoalRun, setStatus } from './goal-run.ts';
import { shouldWaitOn } from './history-length.ts';
import { label } from './label.ts';
import { Parked } from './parked.ts';
import type { WaitingPlan } from './waiting-plan.ts';

/** A plan, and how the manager is asked for another one. */
export interface Proposal {
  readonly skeleton: PlanSkeleton;
  /** The plan was asked about in an earlier run of the workflow. */
  readonly asked: boolean;
  /** Another plan on a person's feedback; undefined: there is none. May throw `Parked`. */
  again(rejected: PlanSkeleton, feedback: BlobRef): Promise<PlanSkeleton | undefined>;
}

/** It may run; a person, or time, is against it; or this run of the workflow must end while it waits. */
export type PlanVerdict =
  | { readonly kind: 'run'; readonly skeleton: PlanSkeleton }
  | { readonly kind: 'parked'; readonly skeleton: PlanSkeleton }
  | { readonly kind: 'refused'; readonly skeleton: PlanSkeleton; readonly reason: string };

/** Asks as long as the limits, an edit, or feedback that was given, call for it. */
export async function approvePlan(run: GoalRun, { skeleton: first, asked, again }: Proposal): Promise<PlanVerdict> {
  const waiting: WaitingPlan = { skeleton: first, editing: false, replaces: run.tasksNow !== undefined };
  for (let mustAsk = asked; ; mustAsk = true) {
    if (!mustAsk && reasonToAsk(run, waiting.skeleton) === undefined)
      return { kind: 'run', skeleton: waiting.skeleton };
    const decision = await ask(run, waiting);
    const { skeleton } = waiting;
    if (!decision) return { kind: 'parked', skeleton };
    if (decision.verdict === 'approve') return { kind: 'run', skeleton };
    const reason = refusalOf(run, decision);
    if (reason !== undefined || !decision.note) return { kind: 'refused', skeleton, reason: reason ?? '' };
    const next = await planAgain(run, again(skeleton, decision.note));
    if (next === 'parked') return { kind: 'parked', skeleton };
    if (!next) return { kind: 'refused', skeleton, reason: 'the manager made no other plan on the feedback' };
    waiting.skeleton = next;
  }
}

/** What the manager makes of the feedback. Set aside, the next run finds the decision and asks the manager again. */
async function planAgain<T>(run: GoalRun, asked: Promise<T>): Promise<T | 'parked'> {
  run.rejections += 1;
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Parked)) throw error;
    run.rejections -= 1;
    return 'parked';
  }
}

function reasonToAsk({ opened }: GoalRun, skeleton: PlanSkeleton): string | undefined {
  return whyAsk(opened.limits, { ...skeleton, tasks: skeleton.tasks.length });
}

/** The verdict on the plan as it is then; undefined when this run of the workflow must end before. */
async function ask(run: GoalRun, waiting: WaitingPlan): Promise<Decision | undefined> {
  run.waitingPlan = waiting;
  try {
    for (;;) {
      const { skeleton } = waiting;
      const decision = await askAbout(run, waiting);
      while (waiting.editing) await afterEdit(waiting);
      if (waiting.skeleton === skeleton) return decision;
      // Edited meanwhile: what was said of the old one does not hold.
      run.approvals.forget(itemOf(skeleton));
    }
  } finally {
    while (waiting.editing) await afterEdit(waiting);
    delete run.waitingPlan;
  }
}

/** Why a plan is asked about that the limits would let run. */
const ASKED_AGAIN: Readonly<Record<PlanSkeleton['source'], string>> = {
  edited: 'it was edited',
  manager: 'it was made on feedback',
  given: 'it was asked about before',
  fallback: 'it was asked about before',
};

function askAbout(run: GoalRun, waiting: WaitingPlan): Promise<Decision | undefined> {
  if (run.status !== 'planning') setStatus(run, 'planning');
  const { skeleton } = waiting;
  const { plan, revision, tasks, source } = skeleton;
  const title = label(`may a plan of ${tasks.length} tasks run? ${reasonToAsk(run, skeleton) ?? ASKED_AGAIN[source]}`);
  const request = { itemId: itemOf(skeleton), kind: 'plan', title, hash: plan.hash, revision } as const;
  const interrupted = () => waiting.skeleton !== skeleton || shouldWaitOn(run);
  // Decided ones are kept: whoever comes later is told which verdict holds.
  return run.approvals.ask(request, run.opened.limits.approvals ?? APPROVAL_TERMS, interrupted);
}

/** An edit that has begun ends, whatever happens to the goal meanwhile. */
function afterEdit(waiting: WaitingPlan): Promise<void> {
  return CancellationScope.nonCancellable(() => condition(() => !waiting.editing));
}

/** The plan that can be edited while it waits; none once it is decided. */
export function waitingPlanOf({ waitingPlan, approvals }: GoalRun): WaitingPlan | undefined {
  return waitingPlan && approvals.isDecided(itemOf(waitingPlan.skeleton)) ? undefined : waitingPlan;
}

/** The id of the work item. */
export function itemOf({ revision }: PlanSkeleton): string {
  return `plan.${revision}`;
}

/** Why the goal ends; undefined when the manager plans again. */
function refusalOf(run: GoalRun, { by, note }: Decision): string | undefined {
  if (by === 'expiry') return 'nobody approved the plan in time';
  if (!note) return label(`${by} rejected the plan`);
  if (run.rejections < MAX_PLAN_REJECTIONS) return undefined;
  return label(`${by} rejected the plan, as ${MAX_PLAN_REJECTIONS} before it were`);
}
