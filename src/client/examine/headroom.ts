/** How much of Temporal's limits a goal's workflow has used. Host side, pure. */
import type { WorkflowFacts } from './workflow-facts.ts';

/** A limit of the server for one run, and how much of it is used. */
export interface Headroom {
  readonly of: 'events' | 'bytes' | 'activities' | 'updates';
  readonly used: number;
  readonly limit: number;
  /** used / limit. */
  readonly share: number;
}

/** Temporal's own limits for one run; past the first two it terminates the workflow. */
const LIMITS = { events: 51_200, bytes: 50 * 1024 * 1024, activities: 2_000, updates: 2_000 } as const;
/** Share from which a person should know. */
const WARN_SHARE = 0.6;

/** All limits, the fullest first. */
export function headroomOf({ events, bytes, updates, activities }: WorkflowFacts): Headroom[] {
  const used = { events, bytes, updates, activities: activities.length };
  const kinds = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
  return kinds
    .map((of) => ({ of, used: used[of], limit: LIMITS[of], share: used[of] / LIMITS[of] }))
    .sort((a, b) => b.share - a.share);
}

/** Those that a person should know of. */
export function scarce(headroom: readonly Headroom[]): Headroom[] {
  return headroom.filter(({ share }) => share >= WARN_SHARE);
}
