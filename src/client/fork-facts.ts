/** What becomes of each task of a fork, from the original as the store has it. Host side. */
import type { Snapshot } from '../core/snapshot.ts';
import { sha256 } from '../store/blob-ref.ts';
import type { ForkSource } from '../store/fork-types.ts';
import { type Fate, type ForkSide, fatesOf } from '../tasks/fork-fates.ts';

/** The original with what it is pinned to, and the fork. */
export interface ForkSides {
  readonly source: ForkSource;
  readonly pinned: Snapshot;
  readonly after: ForkSide;
  readonly rerun: readonly string[];
}

/** Fates by task id. The original must have a plan: nothing is taken over from one without. */
export function fatesOfFork({ source, pinned, after, rerun }: ForkSides): ReadonlyMap<string, Fate> {
  const plan = source.plan ?? { ...after.plan, tasks: [] };
  const before = { plan, goalText: source.request.text, snapshot: pinned };
  const done = source.tasks.flatMap(({ taskId, status, result }) =>
    status === 'done' && result ? [[taskId, result.output] as const] : [],
  );
  return fatesOf({ before, after, outputs: new Map(done), rerun, hash: sha256 });
}
