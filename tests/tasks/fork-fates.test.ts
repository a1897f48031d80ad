/** What a fork takes over: exactly what did not change and builds on nothing that did. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import { configSchema } from '../../src/core/config.ts';
import { type Plan, type PlanTask, planSchema } from '../../src/core/plan.ts';
import { type ForkFacts, type ForkSide, fatesOf } from '../../src/tasks/fork-fates.ts';
import { planOf, randomPlan, task } from '../../src/testing/computed-plans.ts';

const { tiers } = configSchema.parse({}).claude;
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const tools = [
  { name: 'write_file', effect: 'write', schemaHash: '1' },
  { name: 'read_file', effect: 'read', schemaHash: '1' },
];
const PLAN = planSchema.parse(
  planOf([
    task('a', [], { tier: 'fast', agent: 'engineer', acceptanceCriteria: ['It is short.'] }),
    task('b', ['a'], { tier: 'deep' }),
    task('c', [], { tier: 'balanced' }),
    task('d', ['b', 'c'], { tier: 'fast' }),
  ]),
);
const side = (plan: Plan, more: Partial<ForkSide['snapshot']> = {}): ForkSide => ({
  plan,
  goalText: 'The goal',
  snapshot: { promptVersion: 1, agents: BUILT_IN_AGENTS, tiers, tools, limits: { verify: 'off' }, ...more },
});
const outputsOf = (plan: Plan) => new Map(plan.tasks.map(({ id }) => [id, `output of ${id}`]));
const fork = (change: Partial<ForkFacts>) => {
  const plan = change.before?.plan ?? PLAN;
  return fatesOf({ before: side(plan), after: side(plan), outputs: outputsOf(plan), rerun: [], hash, ...change });
};
const whys = (change: Partial<ForkFacts>) =>
  Object.fromEntries([...fork(change)].map(([id, fate]) => [id, fate.reused ? null : fate.why]));
const edited = (id: string, fields: Partial<PlanTask>): Plan => ({
  ...PLAN,
  tasks: PLAN.tasks.map((one) => (one.id === id ? { ...one, ...fields } : one)),
});
const NOTHING = { a: null, b: null, c: null, d: null };
const FROM_A = { a: 'changed', b: 'upstream', c: null, d: 'upstream' };

describe('fork fates', () => {
  it('nothing changed → all taken over, each under a hash of its own that is the same every time', () => {
    expect(whys({})).toEqual(NOTHING);
    const contents = [...fork({}).values()].map((fate) => (fate.reused ? fate.content : ''));
    expect(new Set(contents).size).toBe(4);
    expect([...fork({}).values()].map((fate) => (fate.reused ? fate.content : ''))).toEqual(contents);
  });

  it.each([
    ['instructions', { instructions: 'Other.' }],
    ['title', { title: 'Other' }],
    ['criteria', { acceptanceCriteria: ['It is long.'] }],
    ['agent', { agent: 'critic' }],
    ['tier', { tier: 'deep' }],
    ['effort', { effort: 'L' }],
    ['dependencies', { dependsOn: ['c'] }],
  ] as const)('other %s of a task → it and what builds on it run', (_what, fields) => {
    expect(whys({ after: side(edited('a', fields as Partial<PlanTask>)) })).toEqual(FROM_A);
  });

  it('other priority, time, failure policy, reason of the choice → all taken over', () => {
    const after = edited('a', { priority: 5, timeoutMs: 9_000, onFailure: 'replan', optional: true, agentReason: 'x' });
    expect(whys({ after: side(after) })).toEqual(NOTHING);
  });

  it('another goal text, prompt version → all run', () => {
    const all = { a: 'changed', b: 'changed', c: 'changed', d: 'changed' };
    expect(whys({ after: { ...side(PLAN), goalText: 'Another' } })).toEqual(all);
    expect(whys({ after: side(PLAN, { promptVersion: 2 }) })).toEqual(all);
  });

  it('another model, agent or tool → what uses it and what builds on that', () => {
    const deep = { ...tiers, deep: { ...tiers.deep, maxOutputTokens: 1_000 } };
    expect(whys({ after: side(PLAN, { tiers: deep }) })).toEqual({ ...NOTHING, b: 'changed', d: 'upstream' });
    const agents = BUILT_IN_AGENTS.map((one) => (one.name === 'engineer' ? { ...one, instructions: 'New.' } : one));
    expect(whys({ after: side(PLAN, { agents }) })).toEqual(FROM_A);
    const other = tools.map((tool) => (tool.name === 'write_file' ? { ...tool, schemaHash: '2' } : tool));
    const users = BUILT_IN_AGENTS.filter((one) => one.tools.includes('write_file')).map(({ name }) => name);
    const fates = whys({ after: side(PLAN, { tools: other }) });
    for (const { id, agent } of PLAN.tasks) if (users.includes(agent)) expect(fates[id]).toBe('changed');
    expect(users).toContain('engineer');
  });

  it('not done, asked for, new, removed → run; what builds on them too', () => {
    const outputs = new Map([...outputsOf(PLAN)].filter(([id]) => id !== 'b'));
    expect(whys({ outputs })).toEqual({ ...NOTHING, b: 'not-done', d: 'upstream' });
    expect(whys({ rerun: ['c'] })).toEqual({ ...NOTHING, c: 'asked', d: 'upstream' });
    const [first] = PLAN.tasks as [PlanTask];
    const more = { ...PLAN, tasks: [...edited('d', { dependsOn: ['b', 'e'] }).tasks, { ...first, id: 'e' }] };
    expect(whys({ after: side(more) })).toEqual({ ...NOTHING, d: 'changed', e: 'new' });
  });

  it('a fork that checks each task → unchecked results are not taken over, checked ones are', () => {
    const each = { limits: { verify: 'each-task' } } as const;
    expect(whys({ after: side(PLAN, each) })).toEqual({ ...FROM_A, a: 'unchecked' });
    expect(whys({ before: side(PLAN, each), after: side(PLAN, each) })).toEqual(NOTHING);
    expect(whys({ before: side(PLAN, each) })).toEqual(NOTHING);
  });

  it('an optional task that failed → it runs, and so does what ran without it', () => {
    const plan = edited('c', { optional: true });
    const outputs = new Map([...outputsOf(plan)].filter(([id]) => id !== 'c'));
    expect(whys({ before: side(plan), after: side(plan), outputs })).toEqual({
      ...NOTHING,
      c: 'not-done',
      d: 'upstream',
    });
  });

  it('any plan, any set of changed tasks → those run and what builds on them, nothing else', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(39), { maxLength: 4 }),
        (seed, size, at) => {
          const plan = planSchema.parse(randomPlan(seed, size));
          const changed = new Set(at.map((one) => `t${one % size}`));
          const tasks = plan.tasks.map((one) => (changed.has(one.id) ? { ...one, instructions: 'Other.' } : one));
          const runs = new Set(changed);
          for (const { id, dependsOn } of plan.tasks) if (dependsOn.some((one) => runs.has(one))) runs.add(id);
          const facts = { before: side(plan), after: side({ ...plan, tasks }), outputs: outputsOf(plan) };
          const found = [...fork(facts)].filter(([, fate]) => !fate.reused).map(([id]) => id);
          expect(found.sort()).toEqual([...runs].sort());
        },
      ),
      { numRuns: 200 },
    );
  });
});
