/** Opens a fork: what is unchanged is taken over from the original, in one transaction. Activity side. */
import { join } from 'node:path';
import { fatesOfFork } from '../client/fork-facts.ts';
import type { OpenGoalResult } from '../core/contracts/activities.ts';
import { failure } from '../core/failures.ts';
import type { ForecastHistory } from '../core/forecast.ts';
import type { GoalRequest } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { ReusedResult } from '../store/fork-types.ts';
import type { Store } from '../store/store.ts';
import { type Fate, reusedOf } from '../tasks/fork-fates.ts';
import { packSkeleton } from '../tasks/pack-skeleton.ts';
import { planSkeleton } from '../tasks/skeleton.ts';
import { copyWorkspace } from './copy-workspace.ts';
import type { Pinned } from './pinned.ts';
import { planReady } from './plan-ready.ts';

/** `workspaces` is the folder that holds one folder per goal. */
export interface ForkDeps {
  readonly store: Pick<Store, 'forks'>;
  readonly pinned: Pinned;
  readonly workspaces: string;
}

/** A fork with its validated plan. */
export interface ForkToOpen {
  readonly goalId: string;
  readonly tenant: string;
  readonly forkOf: NonNullable<GoalRequest['forkOf']>;
  readonly plan: Plan;
  readonly snapshot: Snapshot;
  /** What its forecast learns from. */
  readonly history: ForecastHistory;
  /** Number of its `plan-ready` event. */
  readonly number: number;
}

/**
 * Takes over results, verdicts and files, and accepts the plan; repeating it changes nothing. Failures: `goal.not-found`,
 * `fork.invalid` (the original never opened, its workspace is too large).
 */
export async function openFork(deps: ForkDeps, fork: ForkToOpen): Promise<Pick<OpenGoalResult, 'skeleton' | 'reused'>> {
  const { goalId, tenant, plan, snapshot, history, forkOf } = fork;
  const { text: goalText } = await deps.pinned.request(tenant, goalId);
  const source = await deps.store.forks.source(tenant, forkOf.goalId);
  if (!source) throw failure('goal.not-found', `There is no goal ${forkOf.goalId} to fork.`);
  if (source.snapshot === undefined) throw failure('fork.invalid', `goal ${forkOf.goalId} has not been opened yet`);
  const pinned = await deps.pinned.snapshot(tenant, source.snapshot);
  const after = { plan, goalText, snapshot };
  const fates = fatesOfFork({ source, pinned, after, rerun: forkOf.rerun ?? [] });
  const reused = source.tasks.flatMap((task) => takenOver(task, fates.get(task.taskId)));
  if (reused.length > 0) {
    const folder = (id: string) => join(deps.workspaces, tenant, id);
    await copyWorkspace({ from: folder(forkOf.goalId), to: folder(goalId) });
  }
  const meta = { revision: 0, source: 'given' } as const;
  const { event, outlook } = planReady({ ...after, at: new Date(), done: reusedOf(fates), history }, meta);
  const from = { from: forkOf.goalId, source: 'given', reused, events: [{ ...event, number: fork.number }] };
  const accepted = await deps.store.forks.accept({ goalId, tenant, plan, ...from });
  const taken = new Set(accepted.reused);
  return {
    skeleton: packSkeleton({ ...planSkeleton(plan, accepted.ref, meta), outlook }),
    reused: plan.tasks.map(({ id }) => (taken.has(id) ? '1' : '0')).join(''),
  };
}

function takenOver(
  { taskId, result }: { taskId: string; result: { revision: number; output: string } | null },
  fate?: Fate,
): ReusedResult[] {
  return result && fate?.reused ? [{ taskId, ...result, content: fate.content }] : [];
}
