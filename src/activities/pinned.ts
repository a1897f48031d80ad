/** What a goal is pinned to, read once and kept: goal text, snapshot, plans. Host side. */
import { failure } from '../core/failures.ts';
import type { GoalRequest } from '../core/goal.ts';
import type { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Store } from '../store/store.ts';

/** Entries kept in memory; each is immutable, so none ever goes stale. */
const MAX_ENTRIES = 500;

/** Reads immutable records through a bounded cache. */
export interface Pinned {
  request(tenant: string, goalId: string): Promise<GoalRequest>;
  snapshot(tenant: string, hash: string): Promise<Snapshot>;
  plan(tenant: string, hash: string): Promise<Plan>;
}

/** A cache over `store`. A goal that is not there is a `goal.not-found` failure. */
export function createPinned(store: Store): Pinned {
  return {
    request: remember(async (tenant, goalId) => {
      const request = await store.goals.request(tenant, goalId);
      if (!request) throw failure('goal.not-found', `There is no goal ${goalId}.`);
      return request;
    }),
    snapshot: remember((tenant, hash) => store.snapshots.get(tenant, hash)),
    plan: remember((tenant, hash) => store.plans.get(tenant, hash)),
  };
}

function remember<T>(read: (tenant: string, key: string) => Promise<T>): (tenant: string, key: string) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (tenant, key) => {
    const name = `${tenant}/${key}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    const fresh = read(tenant, key);
    kept.set(name, fresh);
    fresh.catch(() => kept.delete(name));
    const oldest = kept.size > MAX_ENTRIES ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return fresh;
  };
}
