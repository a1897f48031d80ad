/** Edits of a plan that is forked: what they change and nothing else. */
import { type ForkEdit, forkEditsSchema } from '../../src/core/fork.ts';
import { planSchema } from '../../src/core/plan.ts';
import { applyEdits } from '../../src/tasks/apply-edits.ts';
import { withGoalCriteria } from '../../src/tasks/goal-criteria.ts';
import { planOf, task } from '../../src/testing/computed-plans.ts';

const PLAN = planSchema.parse(
  planOf([task('a', [], { acceptanceCriteria: ['A holds.'], priority: 5, effort: 'L' }), task('b', ['a'])]),
);
const apply = (edits: unknown, plan = PLAN) => applyEdits(plan, forkEditsSchema.parse(edits) as ForkEdit[]);

describe('apply edits', () => {
  it('one field of one task → that field alone, no default creeps in', () => {
    const result = apply([{ op: 'change', taskId: 'a', title: 'Another' }]);
    expect(result).toEqual({
      ok: true,
      plan: { ...PLAN, tasks: [{ ...PLAN.tasks[0], title: 'Another' }, PLAN.tasks[1]] },
    });
  });

  it('add, change what was added, remove → in their order', () => {
    const result = apply([
      { op: 'add', task: task('c', ['a']) },
      { op: 'change', taskId: 'c', tier: 'deep' },
      { op: 'remove', taskId: 'b' },
    ]);
    expect(result.ok && result.plan.tasks.map(({ id, tier }) => [id, tier])).toEqual([
      ['a', 'fast'],
      ['c', 'deep'],
    ]);
  });

  it('criteria that the goal took from its tasks → taken anew; its own → kept', () => {
    const edits = [{ op: 'change', taskId: 'a', acceptanceCriteria: ['A is better.'] }];
    const taken = apply(edits, withGoalCriteria(PLAN));
    expect(taken.ok && withGoalCriteria(taken.plan).acceptanceCriteria).toEqual(['A is better.']);
    const own = apply(edits, { ...PLAN, acceptanceCriteria: ['All is well.'] });
    expect(own.ok && own.plan.acceptanceCriteria).toEqual(['All is well.']);
  });

  it('a task that is not there, an id that is → all such edits named, the plan as it was', () => {
    const before = structuredClone(PLAN);
    const result = apply([
      { op: 'change', taskId: 'z', title: 'x' },
      { op: 'remove', taskId: 'y' },
      { op: 'add', task: task('a') },
    ]);
    expect(result.ok ? [] : result.problems.map(({ code, path }) => [code, path])).toEqual([
      ['plan.unknown-task', 'edits[0].taskId'],
      ['plan.unknown-task', 'edits[1].taskId'],
      ['plan.duplicate-id', 'edits[2].task.id'],
    ]);
    expect(PLAN).toEqual(before);
  });
});
