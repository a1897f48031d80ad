/** Task skeletons for tests, from ids and the ids they depend on. Test side only. */
import type { TaskSkeleton } from '../../src/core/contracts/plan.ts';

type Edges = Readonly<Record<string, readonly string[]>> | ReadonlyMap<string, readonly string[]>;

/** `{ b: ['a'], a: [] }` as skeletons in that order; `more` sets further fields by id. */
export function skeletonOf(edges: Edges, more: Readonly<Record<string, Partial<TaskSkeleton>>> = {}): TaskSkeleton[] {
  const entries = edges instanceof Map ? [...edges] : Object.entries(edges);
  const ids = entries.map(([id]) => id);
  return entries.map(([id, dependsOn]) => ({
    id,
    agent: 'writer',
    tier: 'fast',
    effort: 'S',
    priority: 3,
    optional: false,
    onFailure: 'retry',
    criteria: 0,
    ...(Object.hasOwn(more, id) ? more[id] : {}),
    dependsOn: dependsOn.map((dependency: string) => ids.indexOf(dependency)),
  }));
}
