/** Order, cycles and longest paths of a dependency graph, each in O(tasks + edges) without recursion. Sandbox-safe. */
import { failure } from '../core/failures.ts';

/** Anything that depends on others by their position in the same list. */
export interface Linked {
  readonly dependsOn: readonly number[];
}

/** For each position, the positions that depend on it. `internal.bug` when a position lies outside the list. */
export function dependentsOf(tasks: readonly Linked[]): readonly (readonly number[])[] {
  const dependents: number[][] = tasks.map(() => []);
  for (const [position, { dependsOn }] of tasks.entries()) {
    for (const dependency of dependsOn) {
      const list = dependents[dependency];
      if (!list)
        throw failure('internal.bug', `task ${position} depends on position ${dependency}, which does not exist`);
      list.push(position);
    }
  }
  return dependents;
}

/** Positions with dependencies first, else in list order. Those in or behind a cycle are left out: compare the lengths. */
export function topologicalOrder(tasks: readonly Linked[]): readonly number[] {
  const dependents = dependentsOf(tasks);
  const open = tasks.map((task) => task.dependsOn.length);
  const order: number[] = [];
  for (const [position, count] of open.entries()) if (count === 0) order.push(position);
  for (let i = 0; i < order.length; i++) {
    for (const dependent of dependents[order[i] ?? 0] ?? []) {
      const left = (open[dependent] ?? 0) - 1;
      open[dependent] = left;
      if (left === 0) order.push(dependent);
    }
  }
  return order;
}

/** One cycle as positions, each depending on the next and the last on the first; undefined when there is none. */
export function findCycle(tasks: readonly Linked[]): readonly number[] | undefined {
  const order = topologicalOrder(tasks);
  if (order.length === tasks.length) return undefined;
  const sorted = new Set(order);
  const seenAt = new Map<number, number>();
  const walk: number[] = [];
  // Whatever is not sorted has a dependency that is not sorted, so this walk must meet itself.
  let at = tasks.findIndex((_, position) => !sorted.has(position));
  while (!seenAt.has(at)) {
    seenAt.set(at, walk.length);
    walk.push(at);
    at = tasks[at]?.dependsOn.find((dependency) => !sorted.has(dependency)) ?? at;
  }
  return walk.slice(seenAt.get(at));
}

/** For each position the weight of the heaviest chain that starts with it, its own included. `internal.bug` on a cycle. */
export function remainingPaths<T extends Linked>(
  tasks: readonly T[],
  weightOf: (task: T) => number,
): readonly number[] {
  const order = topologicalOrder(tasks);
  if (order.length !== tasks.length) throw failure('internal.bug', 'the task graph has a cycle');
  const after = tasks.map(() => 0);
  const paths = tasks.map(() => 0);
  for (const position of order.toReversed()) {
    const task = tasks[position];
    if (!task) continue;
    const path = weightOf(task) + (after[position] ?? 0);
    paths[position] = path;
    for (const dependency of task.dependsOn) after[dependency] = Math.max(after[dependency] ?? 0, path);
  }
  return paths;
}

/** The heaviest chain and its weight; weights are ≥ 0. Of equal chains the one first in the list. */
export function criticalPath<T extends Linked>(
  tasks: readonly T[],
  weightOf: (task: T) => number,
): { readonly length: number; readonly path: readonly number[] } {
  const paths = remainingPaths(tasks, weightOf);
  const dependents = dependentsOf(tasks);
  const heaviest = (among: readonly number[]): number | undefined => {
    let best: number | undefined;
    for (const position of among)
      if (best === undefined || (paths[position] ?? 0) > (paths[best] ?? 0)) best = position;
    return best;
  };
  const starts = [...tasks.keys()].filter((position) => tasks[position]?.dependsOn.length === 0);
  const path: number[] = [];
  for (let at = heaviest(starts); at !== undefined; at = heaviest(dependents[at] ?? [])) path.push(at);
  return { length: path[0] === undefined ? 0 : (paths[path[0]] ?? 0), path };
}
