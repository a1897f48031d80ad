/** What an answer of the model comes to: one table per purpose. */
import type Anthropic from '@anthropic-ai/sdk';
import { interpretCheck } from '../../src/activities/interpret/check.ts';
import type { AnswerContext } from '../../src/activities/interpret/interpretation.ts';
import { interpretPlan } from '../../src/activities/interpret/plan.ts';
import { interpretSynthesis } from '../../src/activities/interpret/synthesis.ts';
import { interpretTask } from '../../src/activities/interpret/task.ts';
import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import { configSchema } from '../../src/core/config.ts';
import type { CallModelInput } from '../../src/core/contracts/calls.ts';
import type { Store } from '../../src/store/store.ts';
import { LIMITS } from '../workflows/support/fake-activities.ts';

const [writer] = BUILT_IN_AGENTS;
const tools = new Set(['list_files', 'write_file']);

function message(content: unknown[], stop_reason: string | null = 'end_turn', extra: object = {}): Anthropic.Message {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content,
    stop_reason,
    stop_sequence: null,
    ...extra,
  } as unknown as Anthropic.Message;
}

function answer(
  given: Anthropic.Message,
  extra: Partial<AnswerContext> = {},
  input: Partial<CallModelInput> = {},
): AnswerContext {
  return {
    input: {
      goalId: 'g',
      tenant: 'default',
      snapshot: 's',
      purpose: 'task',
      taskId: 'a',
      revision: 0,
      turn: 1,
      agent: 'writer',
      tier: 'fast',
      effort: 'S',
      opening: { kind: 'start' },
      ...input,
    },
    message: given,
    snapshot: {
      promptVersion: 1,
      agents: BUILT_IN_AGENTS,
      tiers: configSchema.parse({}).claude.tiers,
      limits: LIMITS,
      maxTasks: 200,
      tools: [],
    },
    agent: writer as (typeof BUILT_IN_AGENTS)[number],
    goalText: 'Say hello.',
    earlierText: '',
    nudged: false,
    overflowed: false,
    trust: 'trusted',
    store: {} as Store,
    ...extra,
  };
}

const text = (value: string) => ({ type: 'text', text: value });
const call = (name: string, input: unknown = {}, id = 't1') => ({ type: 'tool_use', id, name, input });
const submit = (input: object = {}) =>
  call('submit_result', { status: 'done', summary: 'It is done.', output: '# Result', evidence: [], ...input }, 's1');

describe('interpretTask', () => {
  const outcome = (given: Anthropic.Message, extra: Partial<AnswerContext> = {}) =>
    interpretTask(answer(given, extra), tools).outcome;

  it.each([
    ['a submission', [submit()], { kind: 'submitted', implicit: false }],
    [
      'a blocked submission',
      [submit({ status: 'blocked', summary: 'no data', output: '' })],
      { kind: 'blocked', reason: 'no data' },
    ],
    ['a submission without output', [submit({ output: '  ' })], { kind: 'continue', why: 'invalid-submission' }],
    ['a submission of another shape', [submit({ status: 'great' })], { kind: 'continue', why: 'invalid-submission' }],
    ['a tool call', [call('list_files')], { kind: 'tools', submitted: false }],
    ['a tool call beside a submission', [call('list_files'), submit()], { kind: 'tools', submitted: true }],
    ['a tool that is not open to the agent', [call('rm_rf')], { kind: 'continue', why: 'invalid-submission' }],
    ['text alone', [text('I am done.')], { kind: 'continue', why: 'no-submission' }],
    ['nothing at all', [], { kind: 'continue', why: 'no-submission' }],
  ])('%s → %j', (_name, content, expected) => {
    expect(outcome(message(content, 'tool_use'))).toMatchObject(expected);
  });

  it.each([
    ['refusal', { kind: 'refused' }],
    ['max_tokens', { kind: 'continue', why: 'truncated' }],
    ['pause_turn', { kind: 'continue', why: 'paused' }],
    ['model_context_window_exceeded', { kind: 'continue', why: 'overflowed' }],
  ])('stop reason %s → %j, and no call of that turn is run', (stop, expected) => {
    expect(outcome(message([call('write_file', { path: 'x' })], stop))).toMatchObject(expected);
  });

  it('the window is exceeded again after shortening → model.context-overflow (§3.3-47)', () => {
    expect(outcome(message([text('x')], 'model_context_window_exceeded'), { overflowed: true })).toMatchObject({
      kind: 'refused',
      type: 'model.context-overflow',
    });
  });

  it('text alone after a nudge → taken as the result, and on record as implicit', () => {
    expect(outcome(message([text('The answer is 4.')]), { nudged: true })).toMatchObject({
      kind: 'submitted',
      implicit: true,
    });
  });

  it('60 calls in a turn → the first 50, in order; a repeated id once', () => {
    const content = [
      call('list_files', {}, 'x'),
      call('list_files', {}, 'x'),
      ...Array.from({ length: 60 }, (_, i) => call('list_files', {}, `t${i}`)),
    ];
    const found = outcome(message(content, 'tool_use'));
    expect(found.kind === 'tools' && found.calls.map(({ id }) => id)).toEqual([
      'x',
      ...Array.from({ length: 49 }, (_, i) => `t${i}`),
    ]);
  });

  it('equal arguments in another order → the same hash; other arguments → another', () => {
    const hash = (input: unknown) => {
      const found = outcome(message([call('write_file', input)], 'tool_use'));
      return found.kind === 'tools' ? found.calls[0]?.argsHash : undefined;
    };
    expect(hash({ a: 1, b: { c: 2, d: 3 } })).toBe(hash({ b: { d: 3, c: 2 }, a: 1 }));
    expect(hash({ a: 1 })).not.toBe(hash({ a: 2 }));
  });

  it('the task ends with the submission → its task-end goes into the same transaction', () => {
    const ends = interpretTask(answer(message([submit()]), {}, { endsTask: true }), tools);
    expect(ends.events).toEqual([{ type: 'task-end', taskId: 'a', data: { status: 'done' } }]);
    expect(interpretTask(answer(message([submit()])), tools).events).toEqual([]);
  });
});

describe('interpretPlan', () => {
  const task = {
    id: 'a',
    title: 'A',
    instructions: 'Do a.',
    agent: 'writer',
    tier: 'fast',
    acceptanceCriteria: ['It rhymes.'],
  };
  const planText = (tasks: object[]) => JSON.stringify({ title: 'T', tasks });
  const interpret = (value: string, extra: Partial<AnswerContext> = {}) =>
    interpretPlan(answer(message([text(value)]), extra, { purpose: 'plan', taskId: '_plan' }));

  it('a sound plan → accepted; the goal takes the criteria of its tasks when it has none', () => {
    const read = interpret(planText([task, { ...task, id: 'b', dependsOn: ['a'] }]));
    expect(read.outcome).toMatchObject({ kind: 'plan', skeleton: { revision: 0, source: 'manager', criteria: 2 } });
    expect(read.plan?.plan.acceptanceCriteria).toEqual(['It rhymes.', 'It rhymes.']);
    expect(read.events?.map((event) => event.type)).toEqual(['plan-ready']);
  });

  it('an answer in two turns → joined before it is read', () => {
    const whole = planText([task]);
    expect(interpret(whole.slice(40), { earlierText: whole.slice(0, 40) }).outcome.kind).toBe('plan');
  });

  it.each([
    ['prose', 'Sure! Here is the plan.', 'plan.not-json'],
    [
      'a cycle',
      planText([
        { ...task, dependsOn: ['b'] },
        { ...task, id: 'b', dependsOn: ['a'] },
      ]),
      'plan.cycle',
    ],
    ['an unknown agent', planText([{ ...task, agent: 'wizard' }]), 'plan.unknown-agent'],
  ])('%s → rejected with reasons for the repair', (_name, value, code) => {
    const read = interpret(value);
    expect(read.outcome).toMatchObject({ kind: 'plan-rejected', problems: [code] });
    expect(Buffer.from(read.blobs?.[0] ?? []).toString()).toContain(code);
  });
});

describe('interpretCheck', () => {
  const material = { criteria: ['It names the owner.'], sources: new Map([['a', 'The owner is Anna Berg.']]) };
  const read = (value: unknown, input: Partial<CallModelInput> = {}) =>
    interpretCheck(
      answer(
        message([text(JSON.stringify(value))]),
        {},
        { purpose: 'check', taskId: '_check-a', subject: { taskId: 'a', revision: 2 }, endsTask: true, ...input },
      ),
      material,
    );
  const verdict = (quote: string) => ({
    verdicts: [{ criterion: 1, verdict: 'pass', source: 'a', quote, reason: 'r' }],
  });

  it('a quote that stands in the result → passed, and the task ends in the same transaction', () => {
    const { outcome, events, criteria } = read(verdict('The owner is Anna Berg.'));
    expect(outcome).toMatchObject({ kind: 'verdict', verdict: { passed: true, criteria: { total: 1, pass: 1 } } });
    expect(events?.map(({ type, taskId }) => [type, taskId])).toEqual([
      ['task-check', 'a'],
      ['task-end', 'a'],
    ]);
    expect(criteria).toMatchObject({ taskId: 'a', rows: [{ taskId: 'a', verdict: 'pass' }] });
  });

  it('a result that lies: the quote was made up → unverified, not passed, feedback for the agent', () => {
    const { outcome, events } = read(verdict('The owner is Ben Carter.'));
    expect(outcome).toMatchObject({ kind: 'verdict', verdict: { passed: false, criteria: { unverified: 1 } } });
    expect(outcome.kind === 'verdict' && outcome.verdict.feedback?.bytes).toBeGreaterThan(0);
    expect(events?.map(({ type }) => type)).toEqual(['task-check']);
  });

  it('an answer that is not of the schema → rejected', () => {
    expect(read({ fine: true }).outcome.kind).toBe('verdict-rejected');
    expect(interpretCheck(answer(message([text('All good!')])), material).outcome.kind).toBe('verdict-rejected');
  });

  it('a verification → rows of the goal itself', () => {
    const { criteria, events } = read(verdict('The owner is Anna Berg.'), {
      purpose: 'verify',
      taskId: '_verify',
      endsTask: false,
    });
    expect(criteria?.taskId).toBeNull();
    expect(events?.map(({ type }) => type)).toEqual(['verify-end']);
  });
});

describe('interpretSynthesis', () => {
  it('Markdown → the deliverable, with what earlier turns said; nothing → refused', () => {
    const read = interpretSynthesis(answer(message([text('world')]), { earlierText: '# Hello ' }));
    expect(read.outcome.kind).toBe('deliverable');
    expect(Buffer.from(read.blobs?.[0] ?? []).toString()).toBe('# Hello world');
    expect(interpretSynthesis(answer(message([text('  ')]))).outcome.kind).toBe('refused');
  });
});
