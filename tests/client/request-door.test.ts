/** The goal door against bad-inputs 3.2 (17–22, 28–30, 33) and plans of 3.1. */
import { parseGoalRequest } from '../../src/client/request-door.ts';
import { MAX_GOAL_BYTES } from '../../src/core/contracts/limits.ts';
import { OrchestratorError } from '../../src/core/failures.ts';

const rules = { agents: ['writer'], maxTasks: 3 };

function refusal(raw: unknown): OrchestratorError {
  try {
    parseGoalRequest(raw, rules);
  } catch (error) {
    if (error instanceof OrchestratorError) return error;
    throw error;
  }
  throw new Error('the request was let through');
}

const paths = (raw: unknown): string[] =>
  (refusal(raw).facts.problems as { path: string }[]).map((problem) => problem.path);

const task = (change: object = {}) => ({
  id: 'a',
  title: 'A',
  instructions: 'do it',
  agent: 'writer',
  tier: 'fast',
  ...change,
});

describe('goal door', () => {
  it('request: a text alone → accepted unchanged', () => {
    expect(parseGoalRequest({ text: ' compare things ' }, rules)).toEqual({ text: ' compare things ' });
  });

  it.each([
    ['17 empty', ''],
    ['17 white space', ' \n\t　'],
    ['22 NUL', 'a\u0000b'],
    ['22 lone surrogate', 'a\ud800b'],
  ])('text: %s → goal.invalid naming text', (_name, text) => {
    const error = refusal({ text });
    expect(error.code).toBe('goal.invalid');
    expect(error.message).toMatch(/\btext: /);
    expect(error.remedy).not.toBe('');
  });

  it.each([
    ['18 5 MB', 'x'.repeat(5_000_000)],
    ['19 2.1 MB', 'x'.repeat(2_100_000)],
    ['20 limit + 1 byte, multi-byte', `${'ä'.repeat(MAX_GOAL_BYTES / 2)}x`],
  ])('G12 text: %s → goal.too-large with sizes, before any other check', (_name, text) => {
    const error = refusal({ text, plan: 17, unknown: true });
    expect(error.code).toBe('goal.too-large');
    expect(error.facts).toMatchObject({ field: 'text', limit: MAX_GOAL_BYTES, bytes: Buffer.byteLength(text) });
    expect(error.message.length).toBeLessThan(200);
  });

  it('text: 20 exactly at the limit in multi-byte characters → accepted', () => {
    const text = 'ä'.repeat(MAX_GOAL_BYTES / 2);
    expect(parseGoalRequest({ text }, rules).text).toBe(text);
  });

  it('text: 21 invisible characters → kept as they are', () => {
    const text = 'a\u200bb\u202ec\u{e0041}';
    expect(parseGoalRequest({ text }, rules).text).toBe(text);
  });

  it('request: 28 unknown fields → each named', () => {
    expect(paths({ text: 'x', budget: 1, colour: 'red' })).toEqual(['budget', 'colour']);
  });

  it.each([
    ['29 empty text for a number', { maxParallelTasks: '' }, 'maxParallelTasks'],
    ['29 hexadecimal text for a number', { maxTasks: '0x10' }, 'maxTasks'],
    ['30 NaN', { maxTasks: Number.NaN }, 'maxTasks'],
    ['30 Infinity', { maxParallelTasks: Number.POSITIVE_INFINITY }, 'maxParallelTasks'],
    ['30 null', { maxParallelTasks: null }, 'maxParallelTasks'],
    ['30 -0', { maxParallelTasks: -0 }, 'maxParallelTasks'],
    ['30 1e308', { maxParallelTasks: 1e308 }, 'maxParallelTasks'],
    ['29 text for a switch', { synthesis: 'true' }, 'synthesis'],
    ['33 Date', { idempotencyKey: new Date(0) }, 'idempotencyKey'],
    ['33 BigInt', { maxTasks: 10n }, 'maxTasks'],
    ['33 Map', { tags: new Map([['a', 1]]) }, 'tags'],
    ['a tag with upper case', { tags: ['ok', 'No'] }, 'tags[1]'],
    ['an unknown mode', { verify: 'sometimes' }, 'verify'],
    ['a key with a space', { idempotencyKey: 'a b' }, 'idempotencyKey'],
  ])('field: %s → goal.invalid naming the field', (_name, fields, path) => {
    expect(new Set(paths({ text: 'x', ...fields }))).toEqual(new Set([path]));
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['a text', 'x'],
    ['nothing', undefined],
    ['a Map', new Map()],
  ])('request: %s → goal.invalid', (_name, raw) => {
    expect(refusal(raw).code).toBe('goal.invalid');
  });

  it('33 a circular member → goal.invalid, no crash', () => {
    const circular: Record<string, unknown> = { text: 'x' };
    circular.self = circular;
    expect(paths(circular)).toEqual(['self']);
  });

  it('33 a circular plan → plan.invalid, no crash', () => {
    const plan: Record<string, unknown> = { title: 't', tasks: [] };
    plan.tasks = [task({ dependsOn: plan })];
    expect(refusal({ text: 'x', plan }).code).toBe('plan.invalid');
  });

  it.each([
    ['1 cycle', [task({ dependsOn: ['b'] }), task({ id: 'b', dependsOn: ['a'] })]],
    ['2 self-dependency', [task({ dependsOn: ['a'] })]],
    ['4 unknown dependency', [task({ dependsOn: ['zz'] })]],
    ['5 unknown agent', [task({ agent: 'wizard' })]],
    ['7 no task', []],
    ['8 more tasks than allowed', ['a', 'b', 'c', 'd'].map((id) => task({ id }))],
  ])('plan: %s → plan.invalid with problems', (_name, tasks) => {
    const error = refusal({ text: 'x', plan: { title: 't', tasks } });
    expect(error.code).toBe('plan.invalid');
    expect(error.facts.problems).not.toHaveLength(0);
  });

  it('plan: good, with defaults left out → accepted with defaults', () => {
    const request = parseGoalRequest({ text: 'x', plan: { title: 't', tasks: [task()] } }, rules);
    expect(request.plan?.tasks[0]).toMatchObject({ id: 'a', effort: 'M', priority: 3, dependsOn: [] });
  });

  it('plan: more tasks than the default, raised by the request → accepted', () => {
    const tasks = ['a', 'b', 'c', 'd'].map((id) => task({ id }));
    expect(parseGoalRequest({ text: 'x', maxTasks: 4, plan: { title: 't', tasks } }, rules).plan?.tasks).toHaveLength(
      4,
    );
  });
});
