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
import { type RaiseBudgetResult, toMicroUsd } from '../core/contracts/budget.ts';
import type { Census, GoalLimits } from '../core/contracts/goal.ts';
import type { TaskQueues } from '../core/contracts/ids.ts';
import { MAX_LABEL_BYTES } from '../core/contracts/limits.ts';
import type { PackedSkeleton, PlanSkeleton } from '../core/contracts/plan.ts';
import { failure } from '../core/failures.ts';
import type { GoalRequest } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Store } from '../store/store.ts';
import { withGoalCriteria } from '../tasks/goal-criteria.ts';
import { packSkeleton } from '../tasks/pack-skeleton.ts';
import { planSkeleton } from '../tasks/skeleton.ts';
import { validatePlan } from '../tasks/validate-plan.ts';
import { takeCensus } from './census.ts';
import { forecastOf } from './forecast-plan.ts';
import { planReady } from './interpret/plan.ts';
import { joinResults } from './join-results.ts';
import type { Pinned } from './pinned.ts';

/** What new goals are pinned to, from the configuration. */
export type SnapshotBase = Omit<Snapshot, 'limits' | 'maxTasks'> & {
  readonly limits: GoalLimits;
  readonly maxTasks: number;
};

/** What these activities need. */
export interface GoalDeps {
  readonly store: Store;
  readonly pinned: Pinned;
  readonly base: SnapshotBase;
  readonly queues: TaskQueues;
}

/** Activities of `workflow` workers. */
export function createGoalActivities(deps: GoalDeps): GoalActivities {
  return {
    openGoal: (input) => openGoal(deps, input),
    makeFallbackPlan: (input) => makeFallbackPlan(deps, input),
    loadSkeleton: (input) => loadSkeleton(deps, input),
    closeGoal: (input) => closeGoal(deps, input),
    raiseGoalBudget: (input) => raiseGoalBudget(deps, input),
  };
}

async function openGoal(deps: GoalDeps, { goalId, tenant }: OpenGoalInput): Promise<OpenGoalResult> {
  const request = await deps.pinned.request(tenant, goalId);
  const title = titleOf(request);
  const { snapshot: hash } = await deps.store.goals.open({
    goalId,
    tenant,
    title,
    snapshot: snapshotFor(deps.base, request),
  });
  const snapshot = await deps.pinned.snapshot(tenant, hash);
  const opened = { snapshot: hash, limits: snapshot.limits, queues: deps.queues, title };
  if (!request.plan) return opened;
  return {
    ...opened,
    skeleton: await acceptPlan(deps, {
      goalId,
      tenant,
      plan: checked(request.plan, snapshot),
      snapshot,
      source: 'given',
    }),
  };
}

/** The goal's own settings over the defaults. */
function snapshotFor(base: SnapshotBase, request: GoalRequest): Snapshot {
  return {
    ...base,
    maxTasks: request.maxTasks ?? base.maxTasks,
    limits: {
      ...base.limits,
      verify: request.verify ?? base.limits.verify,
      synthesis: request.synthesis ?? base.limits.synthesis,
      maxParallelTasks: request.maxParallelTasks ?? base.limits.maxParallelTasks,
      ...(request.budgetUsd === undefined ? {} : { budgetMicroUsd: toMicroUsd(request.budgetUsd) }),
      ...(request.onBudget === undefined ? {} : { onBudget: request.onBudget }),
    },
  };
}

async function raiseGoalBudget(deps: GoalDeps, input: RaiseGoalBudgetInput): Promise<RaiseBudgetResult> {
  const { capMicroUsd } = await deps.store.budget.raise(input.tenant, input.goalId, input.budgetMicroUsd);
  return { budgetMicroUsd: capMicroUsd };
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
}

async function acceptPlan(deps: GoalDeps, accepted: AcceptedPlan): Promise<PackedSkeleton> {
  const { goalId, tenant, snapshot, source } = accepted;
  const plan = withGoalCriteria(accepted.plan);
  const { text: goalText } = await deps.pinned.request(tenant, goalId);
  const ref = await deps.store.plans.accept({ tenant, goalId, revision: 0, plan, source });
  await deps.store.events.append(tenant, goalId, [
    { ...planReady({ plan, snapshot, goalText, at: new Date() }, { revision: 0, source }), number: PLAN_READY_NUMBER },
  ]);
  return packSkeleton(planSkeleton(plan, ref, { revision: 0, source }));
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
  return acceptPlan(deps, { goalId, tenant, plan, snapshot, source: 'fallback' });
}

async function closeGoal(deps: GoalDeps, input: CloseGoalInput): Promise<CloseGoalResult> {
  const { goalId, tenant, status, reason } = input;
  const plan = input.plan === undefined ? undefined : await deps.pinned.plan(tenant, input.plan);
  const joined =
    input.joinResults && plan
      ? await joinResults(deps.store, { goalId, tenant, plan, unfinished: input.unfinished })
      : undefined;
  const deliverable = input.deliverable ?? joined;
  const census = { ...(await takeCensus(deps.store, input, plan)), ...(await forecastAtStart(deps, input, plan)) };
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
  return { ...(deliverable ? { deliverable } : {}), costMicroUsd: census.costMicroUsd };
}

/** What the plan was forecast to take, to stand beside what it took. */
async function forecastAtStart(
  { pinned }: GoalDeps,
  { goalId, tenant, snapshot, startedAtMs }: CloseGoalInput,
  plan: Plan | undefined,
): Promise<Pick<Census, 'forecast'>> {
  if (!plan || snapshot === undefined) return {};
  const [request, pinnedTo] = await Promise.all([pinned.request(tenant, goalId), pinned.snapshot(tenant, snapshot)]);
  const at = new Date(startedAtMs);
  return { forecast: forecastOf({ plan, snapshot: pinnedTo, goalText: request.text, at }) };
}
