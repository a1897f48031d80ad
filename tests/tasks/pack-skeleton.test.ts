/** Skeletons keep their meaning on the wire, and the largest plan fits into one payload (G12). */
import fc from 'fast-check';
import { MAX_EDGES, MAX_PAYLOAD_BYTES } from '../../src/core/contracts/limits.ts';
import type { PlanSkeleton, TaskSkeleton } from '../../src/core/contracts/plan.ts';
import { packSkeleton, unpackSkeleton } from '../../src/tasks/pack-skeleton.ts';

const plan = { hash: 'a'.repeat(64), bytes: 4_000_000 };

const taskArbitrary: fc.Arbitrary<TaskSkeleton> = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/),
    agent: fc.constantFrom('writer', 'critic', 'own-agent'),
    tier: fc.constantFrom('fast', 'balanced', 'deep'),
    effort: fc.constantFrom('S', 'M', 'L'),
    priority: fc.integer({ min: 1, max: 5 }),
    optional: fc.boolean(),
    onFailure: fc.constantFrom('retry', 'replan', 'skip-dependents', 'fail-goal'),
    criteria: fc.nat(20),
    timeoutMs: fc.option(fc.integer({ min: 1_000, max: 86_400_000 }), { nil: undefined }),
    dependsOn: fc.array(fc.nat(999), { maxLength: 6 }),
  } as const)
  .map(({ timeoutMs, ...task }) => ({ ...task, ...(timeoutMs === undefined ? {} : { timeoutMs }) }));

describe('packSkeleton', () => {
  it('any skeleton → comes back equal, also through JSON', () => {
    fc.assert(
      fc.property(fc.array(taskArbitrary, { maxLength: 30 }), (tasks) => {
        const skeleton: PlanSkeleton = { plan, revision: 3, source: 'given', criteria: 7, tasks };
        expect(unpackSkeleton(JSON.parse(JSON.stringify(packSkeleton(skeleton))))).toEqual(skeleton);
      }),
      { numRuns: 300 },
    );
  });

  it('1,000 tasks with the longest ids and the most edges → at most one payload (G12)', () => {
    const tasks = Array.from(
      { length: 1_000 },
      (_, index): TaskSkeleton => ({
        id: `${'x'.repeat(60)}${String(index).padStart(4, '0')}`,
        agent: 'generalist',
        tier: 'balanced',
        effort: 'M',
        priority: 3,
        optional: false,
        onFailure: 'skip-dependents',
        criteria: 20,
        dependsOn: index < 5 ? [] : Array.from({ length: MAX_EDGES / 1_000 }, (_unused, edge) => index - edge - 1),
      }),
    );
    const packed = JSON.stringify(packSkeleton({ plan, revision: 9, source: 'manager', criteria: 20, tasks }));
    expect(Buffer.byteLength(packed)).toBeLessThan(MAX_PAYLOAD_BYTES - 4_096);
  });
});
