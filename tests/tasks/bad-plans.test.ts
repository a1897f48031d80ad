/** Every plan of bad-inputs §3.1 and the code it gets. */
import type { PlanProblem } from '../../src/core/plan.ts';
import { MAX_PLAN_TEXT, parsePlanText } from '../../src/tasks/parse-plan.ts';
import { MAX_PROBLEMS, problemLines } from '../../src/tasks/plan-problem.ts';
import { validatePlan } from '../../src/tasks/validate-plan.ts';
import { manyTasks, plan, RULES, task } from './plans.ts';

function problemsOf(raw: unknown, rules = RULES): readonly PlanProblem[] {
  const verdict = validatePlan(raw, rules);
  return verdict.ok ? [] : verdict.problems;
}

function textProblems(text: string): readonly PlanProblem[] {
  const parsed = parsePlanText(text);
  return parsed.ok ? problemsOf(parsed.value) : parsed.problems;
}

const valid = JSON.stringify(plan(task('a')));
const nested = (depth: number): string => `{"title":"x","tasks":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const wide = { agents: RULES.agents, maxTasks: 1_000 };

/** line of bad-inputs §3.1, what, raw plan, code, path of the first problem with it. */
const VALUES: readonly [line: string, what: string, raw: unknown, code: string, path: string][] = [
  [
    '1',
    'a cycle of two',
    plan(task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a'] })),
    'plan.cycle',
    'tasks[0].dependsOn',
  ],
  [
    '2',
    'a task that depends on itself',
    plan(task('a', { dependsOn: ['a'] })),
    'plan.self-dependency',
    'tasks[0].dependsOn[0]',
  ],
  ['3', 'the same id twice', plan(task('a'), task('a')), 'plan.duplicate-id', 'tasks[1].id'],
  ['3', 'ids that differ by case', plan(task('a'), task('A')), 'plan.duplicate-id', 'tasks[1].id'],
  [
    '3',
    'ids that differ by NFC and NFD',
    plan(task('caf\u00e9'), task('cafe\u0301')),
    'plan.duplicate-id',
    'tasks[1].id',
  ],
  ['3', 'ids that differ by compatibility form', plan(task('a'), task('\uff41')), 'plan.duplicate-id', 'tasks[1].id'],
  [
    '3',
    'ids that differ by a zero width character',
    plan(task('a'), task('a\u200b')),
    'plan.duplicate-id',
    'tasks[1].id',
  ],
  ['3', 'ids that differ by a tag character', plan(task('a'), task('a\u{e0041}')), 'plan.duplicate-id', 'tasks[1].id'],
  ['3', 'ids that differ by a blank at the end', plan(task('a'), task('a ')), 'plan.duplicate-id', 'tasks[1].id'],
  [
    '4',
    'a dependency on no task',
    plan(task('a', { dependsOn: ['b'] })),
    'plan.unknown-dependency',
    'tasks[0].dependsOn[0]',
  ],
  [
    '4',
    'a dependency on nearly an id',
    plan(task('a'), task('b', { dependsOn: ['A'] })),
    'plan.unknown-dependency',
    'tasks[1].dependsOn[0]',
  ],
  [
    '4',
    'a dependency that is no text',
    plan({ ...task('a'), dependsOn: [7] }),
    'plan.bad-value',
    'tasks[0].dependsOn[0]',
  ],
  ['5', 'an unknown agent', plan(task('a', { agent: 'writter' })), 'plan.unknown-agent', 'tasks[0].agent'],
  ['6', 'tools of its own', plan({ ...task('a'), tools: ['shell'] }), 'plan.unknown-field', 'tasks[0]'],
  ['7', 'no tasks', plan(), 'plan.empty', 'tasks'],
  ['7', 'no list of tasks', { title: 'x' }, 'plan.bad-value', 'tasks'],
  ['8', '10,000 tasks', plan(...manyTasks(10_000)), 'plan.too-many-tasks', 'tasks'],
  ['8', '201 tasks where 200 are allowed', plan(...manyTasks(201)), 'plan.too-many-tasks', 'tasks'],
  [
    '10',
    'a task with a dependency named twice',
    plan(task('a'), task('b', { dependsOn: ['a', 'a'] })),
    'plan.duplicate-dependency',
    'tasks[1].dependsOn[1]',
  ],
  ['12', 'the id __proto__', plan(task('__proto__')), 'plan.bad-id', 'tasks[0].id'],
  ['12', 'an empty id', plan(task('')), 'plan.bad-id', 'tasks[0].id'],
  ['12', 'an id of 1,001 characters', plan(task('a'.repeat(1_001))), 'plan.bad-id', 'tasks[0].id'],
  ['12', 'an id with a path', plan(task('../x')), 'plan.bad-id', 'tasks[0].id'],
  ['12', 'an id with a NUL', plan(task('a\u0000b')), 'plan.bad-id', 'tasks[0].id'],
  ['12', 'an id with a line end', plan(task('a\n')), 'plan.bad-id', 'tasks[0].id'],
  ['12', 'an id that is no text', plan({ ...task('a'), id: 7 }), 'plan.bad-id', 'tasks[0].id'],
  ['15', 'a plan within a task', plan({ ...task('a'), tasks: [task('b')] }), 'plan.unknown-field', 'tasks[0]'],
  ['16', 'a priority of NaN', plan(task('a', { priority: Number.NaN })), 'plan.bad-number', 'tasks[0].priority'],
  ['16', 'a priority of -1', plan(task('a', { priority: -1 })), 'plan.bad-number', 'tasks[0].priority'],
  ['16', 'a priority as text', plan({ ...task('a'), priority: '3' }), 'plan.bad-number', 'tasks[0].priority'],
  ['16', 'a timeout of -1', plan(task('a', { timeoutMs: -1 })), 'plan.bad-number', 'tasks[0].timeoutMs'],
  ['16', 'a timeout of 1e12', plan(task('a', { timeoutMs: 1e12 })), 'plan.bad-number', 'tasks[0].timeoutMs'],
  [
    '16',
    'a timeout as the text 1e999',
    plan({ ...task('a'), timeoutMs: '1e999' }),
    'plan.bad-number',
    'tasks[0].timeoutMs',
  ],
  [
    '16',
    'an infinite timeout',
    plan(task('a', { timeoutMs: Number.POSITIVE_INFINITY })),
    'plan.bad-number',
    'tasks[0].timeoutMs',
  ],
  [
    '22',
    'a lone surrogate in a text',
    plan(task('a', { instructions: 'x\ud800' })),
    'plan.bad-text',
    'tasks[0].instructions',
  ],
  [
    '22',
    'a NUL in a criterion',
    plan(task('a', { acceptanceCriteria: ['x\u0000'] })),
    'plan.bad-text',
    'tasks[0].acceptanceCriteria[0]',
  ],
  [
    '-',
    'more criteria than allowed',
    plan({ ...task('a'), acceptanceCriteria: Array(1_000_000).fill('x') }),
    'plan.bad-value',
    'tasks[0].acceptanceCriteria',
  ],
  ['-', 'a list in place of the plan', [task('a')], 'plan.bad-value', ''],
  ['-', 'null in place of the plan', null, 'plan.bad-value', ''],
  ['-', 'null in place of a task', plan(null), 'plan.bad-value', 'tasks[0]'],
];

const TEXTS: readonly [line: string, what: string, text: string, code: string][] = [
  ['11', 'JSON nested 10,000 deep', nested(10_000), 'plan.too-deep'],
  ['12', 'an own key __proto__', valid.replace('"id"', '"__proto__":{},"id"'), 'plan.unknown-field'],
  ['13', 'prose', 'First I would look at the sources.', 'plan.not-json'],
  ['13', 'nothing', ' \n', 'plan.not-json'],
  ['13', 'a code fence', `\`\`\`json\n${valid}\n\`\`\``, 'plan.fenced'],
  ['13', 'prose and a code fence', `Here it is:\n\`\`\`\n${valid}\n\`\`\``, 'plan.fenced'],
  ['13', 'a trailing comma', valid.replace(/\}$/, ',}'), 'plan.not-json'],
  ['13', 'two objects', valid + valid, 'plan.not-json'],
  ['13', 'a duplicate key', valid.replace('"id":"a"', '"id":"a","id":"b"'), 'plan.duplicate-key'],
  [
    '13',
    'a duplicate key in other spelling',
    valid.replace('"id":"a"', '"id":"a","\\u0069d":"b"'),
    'plan.duplicate-key',
  ],
  ['16', 'the number 1e999', valid.replace('"tier"', '"timeoutMs":1e999,"tier"'), 'plan.bad-number'],
  ['16', 'the word NaN', valid.replace('"tier"', '"priority":NaN,"tier"'), 'plan.not-json'],
  ['-', 'a text that is too long', `"${'x'.repeat(MAX_PLAN_TEXT)}"`, 'plan.too-large'],
];

describe('bad plans (bad-inputs §3.1)', () => {
  it.each(VALUES)('plan, line %s: %s → refused', (_line, _what, ...[raw, code, path]) => {
    const found = problemsOf(raw).find((problem) => problem.code === code);
    expect(found).toMatchObject({ code, path });
  });

  it.each(TEXTS)('plan text, line %s: %s → refused', (_line, _what, ...[text, code]) => {
    expect(textProblems(text).map((problem) => problem.code)).toEqual([code]);
  });

  it('plan, line 8: more edges than fit → refused', () => {
    const dependsOn = (i: number) => Array.from({ length: Math.min(i, 11) }, (_, k) => `t${i - 1 - k}`);
    expect(problemsOf(plan(...manyTasks(500, dependsOn)), wide)).toMatchObject([
      { code: 'plan.too-many-edges', path: 'tasks' },
    ]);
  });

  it('plan: a cycle of 1,000 tasks → refused, the chain shown in part', () => {
    const [found, ...more] = problemsOf(plan(...manyTasks(1_000, (i) => [`t${(i + 1) % 1_000}`])), wide);
    expect(more).toEqual([]);
    expect(found?.message).toContain('"t0" → "t1"');
    expect(found?.message).toContain('1000 tasks in all');
  });

  it('plan: an unknown agent → all allowed names listed, no nearest match', () => {
    const [found] = problemsOf(plan(task('a', { agent: 'writter' })));
    expect(found?.message).toBe('There is no agent "writter". Use one of: "researcher", "writer".');
  });

  it('plan: several mistakes → all named in one go', () => {
    const raw = plan(task('a', { agent: 'x', priority: 9 }), task('b', { dependsOn: ['c', 'b'] }));
    const codes = problemsOf(raw).map((problem) => problem.code);
    expect(codes.toSorted()).toEqual([
      'plan.bad-number',
      'plan.self-dependency',
      'plan.unknown-agent',
      'plan.unknown-dependency',
    ]);
  });

  it('plan: 200 broken tasks with huge texts → few and short problems', () => {
    const raw = plan(
      ...Array.from({ length: 200 }, () => ({
        ...task('X'.repeat(100_000), { agent: '\u202e'.repeat(10_000) }),
        ['k'.repeat(50_000)]: 1,
      })),
    );
    const found = problemsOf(raw);
    expect(found).toHaveLength(MAX_PROBLEMS);
    expect(found.at(-1)?.code).toBe('plan.more-problems');
    expect(Math.max(...problemLines(found).map((line) => line.length))).toBeLessThan(1_300);
    expect(found.map((problem) => problem.message).join('')).not.toMatch(/\u202e/);
  });

  it('plan: control characters in a foreign value → none in the message', () => {
    const [found] = textProblems('\u001b[31mnot json\n');
    expect(found?.message).not.toMatch(/\p{Cc}/u);
  });

  it('plan: 10,000 levels in an unknown field → refused without overflow', () => {
    const deep = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
    expect(problemsOf(plan({ ...task('a'), extra: deep }))).toMatchObject([{ code: 'plan.unknown-field' }]);
  });

  it('plan: a task of 100,000 fields → refused by their number', () => {
    const fields = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`f${i}`, 1]));
    expect(problemsOf(plan({ ...task('a'), ...fields }))).toMatchObject([
      { code: 'plan.unknown-field', path: 'tasks[0]' },
    ]);
  });

  it('plan: a value that refers to itself → refused', () => {
    const loop: Record<string, unknown> = { ...task('a') };
    loop.self = loop;
    expect(problemsOf(plan(loop))).toMatchObject([{ code: 'plan.unknown-field' }]);
  });
});

describe('good plans', () => {
  it.each([
    ['9', 'a chain of 1,000', plan(...manyTasks(1_000, (i) => (i === 0 ? [] : [`t${i - 1}`])))],
    ['10', 'a fan-in of 999', plan(...manyTasks(1_000, (i) => (i < 999 ? [] : manyTasks(999).map(({ id }) => id))))],
    [
      '12',
      'the ids constructor and tostring',
      plan(task('constructor'), task('tostring', { dependsOn: ['constructor'] })),
    ],
  ])('plan, line %s: %s → accepted', (_line, _what, raw) => {
    expect(validatePlan(raw, wide).ok).toBe(true);
  });

  it('plan: fields left out → defaults filled in', () => {
    const verdict = validatePlan(plan(task('a')), RULES);
    expect(verdict).toMatchObject({
      ok: true,
      plan: { tasks: [{ effort: 'M', priority: 3, onFailure: 'retry', optional: false }] },
    });
  });

  it('plan text: fences, brackets and escapes inside strings → read as they are', () => {
    const text = JSON.stringify(plan(task('a', { instructions: '```json\n{"a":1,"a":2} \\" \\\\' })));
    expect(parsePlanText(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it('plan text: the same key in two objects and in a string → accepted', () => {
    expect(parsePlanText('{"a":{"a":["a",{"a":"a"}]},"b":[{"a":1},{"a":-2.5e3}]}').ok).toBe(true);
  });
});
