/** Opens and closes goals, and makes the fallback plan. Activity side. */

import type {
  CloseGoalInput,
  CloseGoalResult,
  FallbackPlanInput,
  GoalActivities,
  LoadSkeletonInput,
  OpenGoalInput,
  OpenGoalResult,
  RaiseGoalBudgetInput,
} from '../core/contracts/activities.ts';
import type { BatchTerms } from '../core/contracts/batches.ts';
import { goalAccount, type RaiseBudgetResult, toMicroUsd } from '../core/contracts/budget.ts';
import type { GoalLimits } from '../core/contracts/goal.ts';
import type { TaskQueues } from '../core/contracts/ids.ts';
import { MAX_LABEL_BYTES } from '../core/contracts/limits.ts';
import type { PackedSkeleton, PlanSkeleton } from '../core/contracts/plan.ts';
import { failure } from '../core/failures.ts';
import type { ForecastHistory } from '../core/forecast.ts';
import type { GoalRequest } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { blobRef } from '../store/blob-ref.ts';
import type { Store } from '../store/store.ts';
import { withGoalCriteria } from '../tasks/goal-criteria.ts';
import { packSkeleton } from '../tasks/pack-skeleton.ts';
import { planSkeleton } from '../tasks/skeleton.ts';
import { validatePlan } from '../tasks/validate-plan.ts';
import { takeCensus } from './census.ts';
import type { FairTurns } from './fair-turns.ts';
import { withHeartbeat } from './heartbeat.ts';
import { joinResults } from './join-results.ts';
import { openFork } from './open-fork.ts';
import type { Pinned } from './pinned.ts';
import { planReady } from './plan-ready.ts';

/** What new goals are pinned to, from the configuration. */
export type SnapshotBase = Omit<Snapshot, 'limits' | 'maxTasks'> & {
  readonly limits: GoalLimits;
  readonly maxTasks: number;
  /** Terms of goals that ask for batches. */
  readonly batch: BatchTerms;
};

/** What these activities need. `workspaces` is the folder that holds one folder per goal. */
export interface GoalDeps {
  readonly workspaces: string;
  readonly store: Store;
  readonly pinned: Pinned;
  readonly base: SnapshotBase;
  readonly queues: TaskQueues;
  readonly turns: FairTurns;
}

/** Activities of `workflow` workers. */
export function createGoalActivities(deps: GoalDeps): GoalActivities {
  return {
    openGoal: (input) => withHeartbeat(() => deps.turns.atOnce(input.goalId, () => openGoal(deps, input))),
    makeFallbackPlan: (input) => makeFallbackPlan(deps, input),
    loadSkeleton: (input) => loadSkeleton(deps, input),
    closeGoal: (input) => withHeartbeat(() => closeGoal(deps, input)),
    raiseGoalBudget: (input) => raiseGoalBudget(deps, input),
  };
}

async function openGoal(deps: GoalDeps, input: OpenGoalInput): Promise<OpenGoalResult> {
  const { goalId, tenant } = input;
  const request = await deps.pinned.request(tenant, goalId);
  const title = titleOf(request);
  const [{ snapshot: hash, parentAccount }, history] = await Promise.all([
    deps.store.goals.open({ ...input, title, snapshot: snapshotFor(deps.base, request) }),
    request.plan ? deps.store.forecasts.history(tenant, goalId) : undefined,
  ]);
  const snapshot = await deps.pinned.snapshot(tenant, hash);
  const parent = parentAccount === null ? {} : { parentAccount };
  const opened = { snapshot: hash, limits: snapshot.limits, queues: deps.queues, title, ...parent };
  if (!request.plan || !history) return opened;
  const plan = checked(request.plan, snapshot);
  const { forkOf } = request;
  if (forkOf) {
    const fork = { goalId, tenant, forkOf, plan: withGoalCriteria(plan), snapshot, history, number: PLAN_READY_NUMBER };
    return { ...opened, ...(await openFork(deps, fork)) };
  }
  return { ...opened, skeleton: await acceptPlan(deps, { goalId, tenant, plan, snapshot, source: 'given', history }) };
}

/** The goal's own settings over the defaults. */
function snapshotFor({ batch, ...base }: SnapshotBase, request: GoalRequest): Snapshot {
  return {
    ...base,
    maxTasks: request.maxTasks ?? base.maxTasks,
    ...(request.policy ? { ownPolicy: request.policy } : {}),
    ...(request.untrustedText ? { untrustedText: true } : {}),
    limits: {
      ...base.limits,
      verify: request.verify ?? base.limits.verify,
      synthesis: request.synthesis ?? base.limits.synthesis,
      maxParallelTasks: request.maxParallelTasks ?? base.limits.maxParallelTasks,
      ...(request.budgetUsd === undefined ? {} : { budgetMicroUsd: toMicroUsd(request.budgetUsd) }),
      ...(request.onBudget === undefined ? {} : { onBudget: request.onBudget }),
      approvePlan: request.approvePlan ?? base.limits.approvePlan ?? 'auto',
      askAbove: { ...base.limits.askAbove, ...request.askAbove },
      ...(request.budgetWaitMs === undefined ? {} : { budgetWaitMs: request.budgetWaitMs }),
      ...(request.batch ? { batch } : {}),
    },
  };
}

async function raiseGoalBudget(deps: GoalDeps, input: RaiseGoalBudgetInput): Promise<RaiseBudgetResult> {
  const { tenant, goalId, account = goalAccount(goalId), budgetMicroUsd } = input;
  const raised = await deps.store.budget.raise(tenant, account, budgetMicroUsd);
  if (!raised) throw failure('budget.invalid', `${account} has no budget`);
  return { budgetMicroUsd: raised.capMicroUsd };
}

/** Plan title or first line of the goal, within a label's size. */
function titleOf(request: GoalRequest): string {
  const line = request.plan?.title ?? request.text.trim().split('\n', 1)[0] ?? '';
  let title = '';
  for (const character of line) {
    if (Buffer.byteLength(title + character) > MAX_LABEL_BYTES - 4) return `${title}…`;
    title += character;
  }
  return title;
}

function checked(plan: Plan, snapshot: Snapshot): Plan {
  const result = validatePlan(plan, {
    agents: snapshot.agents.map((agent) => agent.name),
    maxTasks: snapshot.maxTasks,
  });
  if (result.ok) return result.plan;
  const problems = result.problems.slice(0, 3).map((problem) => `${problem.path}: ${problem.message}`);
  throw failure('plan.invalid', problems.join('; '));
}

interface AcceptedPlan {
  readonly goalId: string;
  readonly tenant: string;
  readonly plan: Plan;
  readonly snapshot: Snapshot;
  readonly source: PlanSkeleton['source'];
  readonly history: ForecastHistory;
}

async function acceptPlan(deps: GoalDeps, accepted: AcceptedPlan): Promise<PackedSkeleton> {
  const { goalId, tenant, snapshot, source, history } = accepted;
  const plan = withGoalCriteria(accepted.plan);
  const { text: goalText } = await deps.pinned.request(tenant, goalId);
  const meta = { revision: 0, source };
  const { event, outlook } = planReady({ plan, snapshot, goalText, at: new Date(), history }, meta);
  const events = [{ ...event, number: PLAN_READY_NUMBER }];
  const ref = await deps.store.plans.accept({ tenant, goalId, revision: 0, plan, source, events });
  return packSkeleton({ ...planSkeleton(plan, ref, meta), outlook });
}

/** Below the workflow's own numbers, so that a repeated activity writes the event once. */
const PLAN_READY_NUMBER = 0;

async function loadSkeleton(deps: GoalDeps, input: LoadSkeletonInput): Promise<PackedSkeleton> {
  const { tenant, plan: ref, revision, source } = input;
  return packSkeleton(planSkeleton(await deps.pinned.plan(tenant, ref.hash), ref, { revision, source }));
}

async function makeFallbackPlan(deps: GoalDeps, input: FallbackPlanInput): Promise<PackedSkeleton> {
  const { goalId, tenant } = input;
  const request = await deps.pinned.request(tenant, goalId);
  const snapshot = await deps.pinned.snapshot(tenant, input.snapshot);
  const plan: Plan = {
    title: titleOf(request),
    acceptanceCriteria: [],
    tasks: [
      {
        id: 'goal',
        title: 'The whole goal in one task',
        instructions:
          'No usable plan could be made. Do what the goal asks for as far as you can, and say what is missing.',
        agent: 'generalist',
        agentReason: 'fallback',
        tier: 'deep',
        dependsOn: [],
        acceptanceCriteria: [],
        effort: 'L',
        priority: 3,
        onFailure: 'retry',
        optional: false,
      },
    ],
  };
  const history = await deps.store.forecasts.history(tenant, goalId);
  return acceptPlan(deps, { goalId, tenant, plan, snapshot, source: 'fallback', history });
}

async function closeGoal(deps: GoalDeps, input: CloseGoalInput): Promise<CloseGoalResult> {
  const { goalId, tenant, status, reason } = input;
  const plan = input.plan === undefined ? undefined : await deps.pinned.plan(tenant, input.plan);
  const [totals, runs, forecast] = await Promise.all([
    deps.store.goals.totals(tenant, goalId),
    plan ? deps.store.goals.taskRuns(tenant, goalId) : [],
    deps.store.forecasts.course(tenant, goalId, input.endedAtMs),
  ]);
  const joins = input.joinResults && plan;
  const joined = joins ? await joinResults(deps.store, { ...input, plan, runs }) : undefined;
  const deliverable = input.deliverable ?? joined;
  const census = { ...takeCensus(input, { totals, runs }), ...(forecast ? { forecast } : {}) };
  await deps.store.goals.close({
    goalId,
    tenant,
    status,
    census,
    ...(reason === undefined ? {} : { reason }),
    ...(deliverable ? { deliverable } : {}),
    events: [
      {
        type: 'goal-end',
        number: input.nextEvent,
        data: { status, reason: reason ?? null, costMicroUsd: census.costMicroUsd, durationMs: census.durationMs },
      },
    ],
  });
  const ref = deliverable instanceof Uint8Array ? blobRef(deliverable) : deliverable;
  return { ...(ref ? { deliverable: ref } : {}), costMicroUsd: census.costMicroUsd };
}
