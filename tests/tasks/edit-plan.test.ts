/** Edits of a running plan: what each operation does, and why it is refused (issue: people in control). */
import type { TaskStatus } from '../../src/core/contracts/plan.ts';
import { type Plan, planSchema } from '../../src/core/plan.ts';
import { type EditOperationInput, planEditSchema } from '../../src/core/plan-edit.ts';
import { diffLines, summaryOf } from '../../src/tasks/diff-lines.ts';
import { type AppliedEdit, applyEdit } from '../../src/tasks/edit-plan.ts';
import { packStates, unpackStates } from '../../src/tasks/pack-states.ts';
import type { ScheduleEntry } from '../../src/tasks/schedule.ts';
import { RULES, task } from './plans.ts';

/** a (done) → b (running) → c (waiting) → d (waiting); e (ready); f (failed) → g (skipped for it). */
const CURRENT: Plan = planSchema.parse({
  title: 'A plan',
  acceptanceCriteria: ['It is true.'],
  tasks: [
    task('a'),
    task('b', { dependsOn: ['a'] }),
    task('c', { dependsOn: ['b'] }),
    task('d', { dependsOn: ['c'] }),
    task('e'),
    task('f'),
    task('g', { dependsOn: ['f'] }),
  ],
});
const STATUSES: TaskStatus[] = ['done', 'running', 'waiting', 'waiting', 'ready', 'failed', 'skipped'];
const STATES: ScheduleEntry[] = CURRENT.tasks.map(({ id }, at) => ({
  id,
  status: STATUSES[at] ?? 'waiting',
  ...(id === 'g' ? { blocked: true } : {}),
}));

function edit(...operations: EditOperationInput[]) {
  return applyEdit(planEditSchema.parse({ operations }), { ...RULES, current: CURRENT, states: STATES });
}

function applied(...operations: EditOperationInput[]): AppliedEdit {
  const verdict = edit(...operations);
  if (!verdict.ok) throw new Error(verdict.problems.map(({ message }) => message).join('; '));
  return verdict;
}

function codes(...operations: EditOperationInput[]) {
  const verdict = edit(...operations);
  return verdict.ok ? [] : [verdict.conflict, ...verdict.problems.map(({ code }) => code)];
}

const find = ({ plan }: AppliedEdit, id: string) => plan.tasks.find((one) => one.id === id);
const fresh = (id: string, dependsOn: string[] = []) => ({ op: 'add' as const, task: task(id, { dependsOn }) });

describe('edit plan: operations', () => {
  it('add a task and rewire another onto it → in the plan, last; the other waits for it', () => {
    const verdict = applied(fresh('x', ['a']), { op: 'change', taskId: 'd', dependsOn: ['c', 'x'] });
    expect(verdict.plan.tasks.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'x']);
    expect(find(verdict, 'd')?.dependsOn).toEqual(['c', 'x']);
    expect(verdict.changes.map(({ task: id, kind }) => [id, kind])).toEqual([
      ['d', 'changed'],
      ['x', 'added'],
    ]);
    expect(verdict.changes[0]?.fields).toEqual([{ field: 'dependsOn', before: ['c'], after: ['c', 'x'] }]);
    expect(verdict.plan.acceptanceCriteria).toEqual(['It is true.']);
  });

  it('reassign, new text, tier, effort, priority, timeout → these fields and no other', () => {
    const fields = { agent: 'researcher', instructions: 'Better.', tier: 'deep', effort: 'L', priority: 5 } as const;
    const verdict = applied({ op: 'change', taskId: 'e', ...fields, timeoutMs: 5_000, acceptanceCriteria: ['Short.'] });
    const before = CURRENT.tasks.find(({ id }) => id === 'e');
    expect(find(verdict, 'e')).toEqual({ ...before, ...fields, timeoutMs: 5_000, acceptanceCriteria: ['Short.'] });
    expect(verdict.plan.tasks.filter(({ id }) => id !== 'e')).toEqual(CURRENT.tasks.filter(({ id }) => id !== 'e'));
    expect(summaryOf(verdict)).toContain('changed e (instructions, agent, tier,');
  });

  it('remove a task and what hangs on it → gone', () => {
    const verdict = applied({ op: 'remove', taskId: 'c' }, { op: 'change', taskId: 'd', dependsOn: ['b'] });
    expect(find(verdict, 'c')).toBeUndefined();
    expect(verdict.changes.map(({ kind }) => kind)).toEqual(['removed', 'changed']);
  });

  it('skip → what needs it is skipped as well; not when it is rewired by the same edit', () => {
    expect(applied({ op: 'skip', taskId: 'c' })).toMatchObject({ skip: ['c'], alsoSkipped: ['d'], reopened: [] });
    const rewired = applied({ op: 'skip', taskId: 'c' }, { op: 'change', taskId: 'd', dependsOn: ['b'] });
    expect(rewired).toMatchObject({ skip: ['c'], alsoSkipped: [] });
  });

  it('retry a failed task with another tier → what was skipped for it waits again', () => {
    const verdict = applied({ op: 'retry', taskId: 'f', tier: 'deep', instructions: 'Try another way.' });
    expect(verdict).toMatchObject({ retry: ['f'], reopened: ['g'], alsoSkipped: [] });
    expect(find(verdict, 'f')).toMatchObject({ tier: 'deep', instructions: 'Try another way.' });
    expect(verdict.changes[0]?.kind).toBe('retried');
  });

  it('retry a skipped task alone, on other dependencies → it waits; the failed one stays failed', () => {
    expect(applied({ op: 'retry', taskId: 'g', dependsOn: ['a'] })).toMatchObject({ retry: ['g'], reopened: [] });
  });

  it('diff → lines that name each change and its consequences', () => {
    const verdict = applied({ op: 'retry', taskId: 'f', tier: 'deep' }, { op: 'skip', taskId: 'c' }, fresh('x', ['a']));
    const { changes, alsoSkipped, reopened } = verdict;
    const diff = { baseRevision: 0, revision: 1, author: 'ada', costMicroUsd: { low: 0, high: 0 } };
    expect(diffLines({ ...diff, changes, alsoSkipped, reopened })).toEqual([
      'x c: skipped (Title of c)',
      '> f: retried (Title of f)',
      '    tier: fast → deep',
      '+ x: added (Title of x) agent writer, tier fast, dependsOn a',
      'x d: skipped as well, since it needs a skipped task',
      '> g: waits again',
    ]);
  });
});

describe('edit plan: refusals', () => {
  it.each<[string, EditOperationInput[], unknown[]]>([
    ['change what runs', [{ op: 'change', taskId: 'b', tier: 'deep' }], [true, 'plan.task-started']],
    ['change what is done', [{ op: 'change', taskId: 'a', title: 'x' }], [true, 'plan.task-started']],
    ['remove what failed', [{ op: 'remove', taskId: 'f' }], [true, 'plan.task-started']],
    ['skip what runs', [{ op: 'skip', taskId: 'b' }], [true, 'plan.task-started']],
    ['retry what runs', [{ op: 'retry', taskId: 'b' }], [true, 'plan.task-not-ended']],
    ['retry what waits', [{ op: 'retry', taskId: 'c' }], [true, 'plan.task-not-ended']],
    ['retry what is done', [{ op: 'retry', taskId: 'a' }], [true, 'plan.task-not-ended']],
    ['no such task', [{ op: 'skip', taskId: 'nobody' }], [false, 'plan.unknown-task']],
    ['a task of Object', [{ op: 'skip', taskId: 'constructor' }], [false, 'plan.unknown-task']],
    ['add what is there', [fresh('a')], [false, 'plan.duplicate-id']],
    ['add on a failed task', [fresh('x', ['f'])], [false, 'plan.depends-on-failed']],
    ['add on what is skipped for it', [fresh('x', ['g'])], [false, 'plan.depends-on-failed']],
    ['add on what the edit skips', [{ op: 'skip', taskId: 'e' }, fresh('x', ['e'])], [false, 'plan.depends-on-failed']],
    ['rewire onto a failed task', [{ op: 'change', taskId: 'd', dependsOn: ['f'] }], [false, 'plan.depends-on-failed']],
    ['retry behind a failed task', [{ op: 'retry', taskId: 'g' }], [false, 'plan.depends-on-failed']],
    ['remove under a dependent', [{ op: 'remove', taskId: 'c' }], [false, 'plan.unknown-dependency']],
    ['a cycle', [{ op: 'change', taskId: 'c', dependsOn: ['d'] }], [false, 'plan.cycle']],
    ['itself', [{ op: 'change', taskId: 'c', dependsOn: ['c'] }], [false, 'plan.self-dependency']],
    ['unknown agent', [{ op: 'change', taskId: 'c', agent: 'nobody' }], [false, 'plan.unknown-agent']],
    ['unknown dependency', [fresh('x', ['nobody'])], [false, 'plan.unknown-dependency']],
    ['nothing new', [{ op: 'change', taskId: 'c', tier: 'fast' }], [false, 'plan.nothing-changed']],
    [
      'skip and retry',
      [
        { op: 'retry', taskId: 'f' },
        { op: 'skip', taskId: 'f' },
      ],
      [false, 'plan.nothing-changed'],
    ],
  ])('%s → refused, nothing changed', (_case, operations, wanted) => {
    expect(codes(...operations)).toEqual(wanted);
  });

  it('more tasks than allowed → refused', () => {
    const operations = Array.from({ length: 100 }, (_, at) => fresh(`n${at}`));
    const rules = { ...RULES, maxTasks: 50, current: CURRENT, states: STATES };
    const verdict = applyEdit(planEditSchema.parse({ operations }), rules);
    expect(verdict.ok ? [] : verdict.problems.map(({ code }) => code)).toEqual(['plan.too-many-tasks']);
  });

  it.each<[string, unknown]>([
    ['no operation', { operations: [] }],
    ['101 operations', { operations: Array.from({ length: 101 }, () => ({ op: 'skip', taskId: 'a' })) }],
    ['unknown operation', { operations: [{ op: 'destroy', taskId: 'a' }] }],
    ['unknown field', { operations: [{ op: 'skip', taskId: 'a', force: true }] }],
    ['a change of the id', { operations: [{ op: 'change', taskId: 'a', id: 'b' }] }],
    ['criteria of the goal', { operations: [{ op: 'skip', taskId: 'a' }], acceptanceCriteria: ['Other.'] }],
    ['a hostile id', { operations: [{ op: 'skip', taskId: '__proto__' }] }],
    ['a number for a text', { operations: [{ op: 'change', taskId: 'a', title: 5 }] }],
  ])('%s → refused by the schema', (_case, raw) => {
    expect(planEditSchema.safeParse(raw).success).toBe(false);
  });

  it('what is left out of a change → stays, no default stands in', () => {
    const parsed = planEditSchema.parse({ operations: [{ op: 'change', taskId: 'a', tier: 'deep' }] });
    expect(parsed.operations).toEqual([{ op: 'change', taskId: 'a', tier: 'deep' }]);
  });
});

it('states on the wire: packed and unpacked → the same', () => {
  const ids = CURRENT.tasks.map(({ id }) => id);
  expect(packStates(STATES)).toBe('drwwyfb');
  expect(unpackStates(ids, packStates(STATES))).toEqual(STATES);
});
