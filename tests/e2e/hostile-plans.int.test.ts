/** A manager whose plans break every rule: one repair turn, then the visible fallback, never a stuck goal (G13). */
import {
  allOf,
  hasFeedback,
  isPlanCall,
  isTaskCall,
  json,
  not,
  refusal,
  rules,
  submit,
  text,
  truncatedText,
} from '../../src/simulator/index.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  const deep = { model: 'claude-opus-5-5', maxOutputTokens: 128_000, thinking: 'adaptive', effort: 'by-task' } as const;
  const { tiers } = (await import('../../src/core/config.ts')).configSchema.parse({}).claude;
  system = await startSystem({ claude: { tiers: { ...tiers, deep } } });
});
afterAll(() => system.close());

const planText = (...tasks: readonly unknown[]): string => JSON.stringify({ title: 'A plan', tasks });
const good = planText(task('a'), task('b', ['a']));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const minimal = (count: number): string => planText(...Array.from({ length: count }, (_, at) => ({ id: `t${at}` })));
const withId = (id: string): string => planText({ ...task('a'), id });
const withField = (field: string): string => good.replace('"tier":"fast"', `"tier":"fast",${field}`);

/** Bad inputs 1 to 16 as far as a model can produce them, with the code that names the problem. */
const HOSTILE: readonly (readonly [name: string, answer: string, code: string])[] = [
  ['1: a cycle', planText(task('a', ['b']), task('b', ['a'])), 'cycle'],
  ['2: a task that depends on itself', planText(task('a', ['a'])), 'self-dependency'],
  ['3: two tasks with one id', planText(task('a'), task('a')), 'duplicate-id'],
  ['3: ids that differ in case', planText(task('a'), task('A')), 'duplicate-id'],
  ['3: an id with a zero-width space', withId('a\u200b'), 'bad-id'],
  ['4: an unknown dependency', planText(task('a', ['nowhere'])), 'unknown-dependency'],
  ['5: an unknown agent', planText({ ...task('a'), agent: 'magician' }), 'unknown-agent'],
  ['6: tools, which a plan does not give', planText({ ...task('a'), tools: ['bash'] }), 'unknown-field'],
  ['7: no tasks', planText(), 'empty'],
  ['8: 10,000 tasks', minimal(10_000), 'too-many-tasks'],
  ['11: nested 10,000 deep', nested(10_000), 'too-deep'],
  ['11: nested 10,000 deep in a task', planText(task('a')).replace('"Do a."', nested(10_000)), 'too-deep'],
  ['12: __proto__ as an id', withId('__proto__'), 'bad-id'],
  ['12: __proto__ as a key', good.replace('{"title"', '{"__proto__":{"tasks":[]},"title"'), 'unknown-field'],
  ['12: an empty id', withId(''), 'bad-id'],
  ['12: an id of 1,001 characters', withId('x'.repeat(1_001)), 'bad-id'],
  ['12: a path as an id', withId('../x'), 'bad-id'],
  ['12: an id with NUL', withId('a\u0000b'), 'bad-id'],
  ['13: prose', 'First I would look at the options, and then decide.', 'not-json'],
  ['13: a fence', `\`\`\`json\n${good}\n\`\`\``, 'fenced'],
  ['13: two objects', `${good}\n${good}`, 'not-json'],
  ['13: trailing commas', good.replace(']}', '],}'), 'not-json'],
  ['13: a key twice', good.replace('"title":"A plan"', '"title":"A plan","title":"B"'), 'duplicate-key'],
  ['13: NaN', withField('"priority":NaN'), 'not-json'],
  ['16: priority -1', withField('"priority":-1'), 'bad-number'],
  ['16: priority 1e999', withField('"priority":1e999'), 'bad-number'],
  ['16: a timeout of 1e12', withField('"timeoutMs":1e12'), 'bad-number'],
  ['16: a timeout as text', withField('"timeoutMs":"60000"'), 'bad-number'],
];

const whole = isTaskCall('goal');
const done = submit({ output: 'As much of the goal as one task can do.' });

async function eventsOf(goalId: string, type: string) {
  const events = await system.store.events.read('default', goalId, 0, 1_000);
  return events.filter((event) => event.type === type);
}

const planCalls = (goalId: string): number =>
  [...system.simulator.requests.countByKey().keys()].filter((key) => key.startsWith(`${goalId}/_plan/`)).length;

describe('a hostile plan', () => {
  it.each(HOSTILE)(
    '%s → refused with reasons, one repair, then the fallback and at best partial (G13)',
    async (_name, answer, code) => {
      const brain = rules([
        { when: isPlanCall, reply: text(answer) },
        { when: whole, reply: done },
      ]);
      const goalId = await system.start(brain);
      expect(await system.result(goalId)).toMatchObject({
        status: 'partial',
        census: { fallbacks: ['plan.fallback'], tasks: { total: 1, done: 1 }, modelCalls: 3 },
      });
      expect(planCalls(goalId)).toBe(2);
      const refused = await eventsOf(goalId, 'plan-rejected');
      expect(refused).toHaveLength(2);
      for (const { data } of refused) expect(JSON.stringify(data)).toContain(`(plan.${code})`);
    },
  );

  it('mended after the reasons → the manager’s plan runs and the goal is completed', async () => {
    const goalId = await system.start(
      computing(
        { when: allOf(isPlanCall, hasFeedback), reply: text(good) },
        { when: allOf(isPlanCall, not(hasFeedback)), reply: text(planText(task('a', ['a']))) },
      ),
    );
    expect(await system.result(goalId)).toMatchObject({
      status: 'completed',
      census: { fallbacks: [], modelCalls: 4 },
    });
  });

  it('a plan cut at the output limit, then the rest → put together', async () => {
    const half = Math.floor(good.length / 2);
    const goalId = await system.start(
      computing(
        { when: isPlanCall, reply: truncatedText(good.slice(0, half)), times: 1 },
        { when: isPlanCall, reply: text(good.slice(half)) },
      ),
    );
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { tasks: { total: 2 } } });
  });

  it('a refusal to plan → the fallback', async () => {
    const goalId = await system.start(
      computing({ when: isPlanCall, reply: refusal('no') }, { when: whole, reply: done }),
    );
    expect(await system.result(goalId)).toMatchObject({ status: 'partial', census: { fallbacks: ['plan.fallback'] } });
  });

  it('14: a replan that drops and renames what has run → refused, finished results stand', async () => {
    const plan = planOf([task('a'), task('b', ['a'], { onFailure: 'replan' }), task('c', ['b'])]);
    const goalId = await system.start(
      computing(
        { when: isTaskCall('b'), reply: submit({ status: 'blocked', summary: 'no way', output: '' }) },
        { when: ({ purpose }) => purpose === 'replan', reply: json(planOf([task('a2'), task('c', ['a2'])])) },
      ),
      { plan },
    );
    const { status, census } = await system.result(goalId);
    expect(status).toBe('partial');
    expect(census).toMatchObject({ replans: 1, tasks: { total: 3, done: 1, failed: 1, skipped: 1 } });
    expect(census.fallbacks).toEqual(['replan.rejected:b']);
  });

  leavesSoundHistories(() => system);
});
