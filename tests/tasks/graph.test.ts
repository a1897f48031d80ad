import { criticalPath, findCycle, remainingPaths, topologicalOrder } from '../../src/tasks/graph.ts';
import { planSkeleton } from '../../src/tasks/skeleton.ts';
import { validatePlan } from '../../src/tasks/validate-plan.ts';
import { plan, RULES, task } from './plans.ts';

const graph = (...dependsOn: number[][]) => dependsOn.map((list, i) => ({ i, dependsOn: list }));
const chain = (length: number) => graph(...Array.from({ length }, (_, i) => (i === 0 ? [] : [i - 1])));

describe('graph', () => {
  it('topologicalOrder: a diamond listed backwards → dependencies first', () => {
    expect(topologicalOrder(graph([1, 2], [3], [3], []))).toEqual([3, 1, 2, 0]);
  });

  it('topologicalOrder: a cycle → left out with all behind it', () => {
    expect(topologicalOrder(graph([], [2], [1], [2]))).toEqual([0]);
  });

  it('topologicalOrder: a position outside the list → a bug, said so', () => {
    expect(() => topologicalOrder(graph([4]))).toThrow('does not exist');
  });

  it('findCycle: none → undefined', () => {
    expect(findCycle(chain(3))).toBeUndefined();
  });

  it('findCycle: a cycle with tasks behind it → the cycle alone', () => {
    expect(findCycle(graph([1], [2], [3], [1], []))).toEqual([1, 2, 3]);
  });

  it('remainingPaths: weights → heaviest chain from each task', () => {
    expect(remainingPaths(graph([], [0], [0], [1]), ({ i }) => [1, 2, 10, 3][i] ?? 0)).toEqual([11, 5, 10, 3]);
  });

  it('remainingPaths: a chain of 100,000 → no overflow', () => {
    expect(remainingPaths(chain(100_000), () => 1)[0]).toBe(100_000);
  });

  it('remainingPaths: a cycle → a bug, said so', () => {
    expect(() => remainingPaths(graph([1], [0]), () => 1)).toThrow('cycle');
  });

  it('criticalPath: two branches → the heavier one', () => {
    const times = [5, 1, 30, 2];
    expect(criticalPath(graph([], [0], [0], [1, 2]), ({ i }) => times[i] ?? 0)).toEqual({
      length: 37,
      path: [0, 2, 3],
    });
  });

  it('criticalPath: no tasks → nothing', () => {
    expect(criticalPath([], () => 1)).toEqual({ length: 0, path: [] });
  });
});

describe('planSkeleton', () => {
  it('planSkeleton: an accepted plan → positions, policies, no texts', () => {
    const verdict = validatePlan(
      plan(task('b', { dependsOn: ['a'], timeoutMs: 9_000 }), task('a', { acceptanceCriteria: ['x'] })),
      RULES,
    );
    const ref = { hash: 'h', bytes: 1 };
    const skeleton = verdict.ok && planSkeleton(verdict.plan, ref, { revision: 2, source: 'given' });
    const rest = { agent: 'writer', tier: 'fast', effort: 'M', priority: 3, optional: false, onFailure: 'retry' };
    expect(skeleton).toEqual({
      plan: ref,
      revision: 2,
      source: 'given',
      criteria: 0,
      tasks: [
        { id: 'b', ...rest, timeoutMs: 9_000, dependsOn: [1], criteria: 0 },
        { id: 'a', ...rest, dependsOn: [], criteria: 1 },
      ],
    });
  });
});
