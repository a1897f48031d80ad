import type { Plan } from '../../src/core/plan.ts';
import { validatePlan } from '../../src/tasks/validate-plan.ts';
import { validateReplan } from '../../src/tasks/validate-replan.ts';
import { plan, RULES, task } from './plans.ts';

const original = {
  ...plan(task('a', { agentReason: 'It fits.' }), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['b'] })),
  acceptanceCriteria: ['It says why.'],
};

function current(): Plan {
  const verdict = validatePlan(original, RULES);
  if (!verdict.ok) throw new Error('the plan of this test is broken');
  return verdict.plan;
}

function replan(raw: unknown, more: { frozen?: string[]; failed?: string[] } = {}) {
  return validateReplan(raw, { ...RULES, current: current(), frozen: ['a', 'b'], ...more });
}

function codes(verdict: ReturnType<typeof replan>): string[] {
  return verdict.ok ? [] : verdict.problems.map((problem) => problem.code);
}

const withTasks = (...tasks: unknown[]) => ({ ...original, tasks });
const [a, b, c] = original.tasks;

describe('validateReplan (bad-inputs §3.1, line 14)', () => {
  it('replan: the rest changed → accepted, frozen tasks as they were', () => {
    const verdict = replan(
      withTasks({ ...(a as object), agentReason: 'Another.' }, b, task('d', { dependsOn: ['a'] })),
    );
    expect(verdict.ok && verdict.plan.tasks.map(({ id }) => id)).toEqual(['a', 'b', 'd']);
    expect(verdict.ok && verdict.plan.tasks[0]?.agentReason).toBe('It fits.');
  });

  it('replan: a finished task renamed → refused', () => {
    expect(
      codes(replan(withTasks({ ...(a as object), id: 'a2' }, { ...(b as object), dependsOn: ['a2'] }, c))),
    ).toEqual(['plan.frozen-task-dropped', 'plan.frozen-task-changed']);
  });

  it('replan: a running task dropped → refused', () => {
    expect(codes(replan(withTasks(a)))).toEqual(['plan.frozen-task-dropped']);
  });

  it.each([
    ['instructions', 'Do something else.'],
    ['agent', 'researcher'],
    ['dependsOn', []],
    ['acceptanceCriteria', ['x']],
    ['optional', true],
    ['onFailure', 'fail-goal'],
    ['timeoutMs', 5_000],
  ])('replan: %s of a frozen task changed → refused', (field, value) => {
    const verdict = replan(withTasks(a, { ...(b as object), [field]: value }, c));
    expect(codes(verdict)).toEqual(['plan.frozen-task-changed']);
    expect(verdict.ok || verdict.problems[0]?.message).toContain(`"${field}"`);
  });

  it('replan: frozen text without its invisible characters → the same text', () => {
    const old = { ...current(), tasks: current().tasks.map((t) => ({ ...t, title: `${t.title}\u200b` })) };
    const verdict = validateReplan(original, { ...RULES, current: old, frozen: ['a'] });
    expect(verdict.ok && verdict.plan.tasks[0]?.title).toBe('Title of a\u200b');
  });

  it('replan: the goal criteria weakened → refused', () => {
    expect(codes(replan({ ...original, acceptanceCriteria: [] }))).toEqual(['plan.criteria-changed']);
  });

  it('replan: a task still depends on the failed one → refused', () => {
    expect(codes(replan(original, { failed: ['b'] }))).toEqual(['plan.depends-on-failed']);
  });

  it('replan: broken as a plan → the problems of a plan', () => {
    expect(codes(replan(withTasks(a, b, task('b'))))).toEqual(['plan.duplicate-id']);
  });

  it('replan: frozen tasks that the plan in force lacks → a bug, said so', () => {
    expect(() => replan(original, { frozen: ['z'] })).toThrow(expect.objectContaining({ code: 'internal.bug' }));
  });
});
