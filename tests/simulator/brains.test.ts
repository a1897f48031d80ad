/** Scenarios, rules, matchers and the reading of prompts. */

import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import { planSchema } from '../../src/core/plan.ts';
import {
  allOf,
  always,
  apiError,
  hasCalled,
  hasFeedback,
  isCheckCall,
  isPlanCall,
  isSynthesisCall,
  isTaskCall,
  isTurn,
  isVerifyCall,
  not,
  parsePrompt,
  plan,
  rules,
  type Simulator,
  scenario,
  startSimulator,
  submit,
  text,
  verdicts,
} from '../../src/simulator/index.ts';
import { ask, clientOf } from './client.ts';
import { answered, checkRequest, planRequest, synthesisRequest, taskRequest, verifyRequest } from './prompts.ts';

let simulator: Simulator;
afterEach(() => simulator?.close());

const GOAL = 'Compare <A> & "B" for Zoë';
const PLAN = planSchema.parse({
  title: 'T',
  tasks: [
    {
      id: 'one',
      title: 'First "try" & more',
      instructions: 'Do 1 < 2.',
      agent: 'writer',
      tier: 'fast',
      acceptanceCriteria: ['It says "x & y".', 'It is short.'],
    },
  ],
});
const [TASK] = PLAN.tasks;
if (!TASK) throw new Error('no task');
const RESULT = { task: 'one', title: 'First', status: 'done', output: 'x & y <b>' };
const PROMPT = { goal: GOAL, plan: PLAN };

describe('parsePrompt', () => {
  it('task → texts unescaped, criteria, feedback, hand-over', () => {
    const prompt = parsePrompt(taskRequest(PROMPT, TASK, { results: [RESULT], feedback: 'Say "x & y".' }));
    expect(prompt).toMatchObject({
      purpose: 'task',
      goal: GOAL,
      taskId: 'one',
      title: 'First "try" & more',
      instructions: 'Do 1 < 2.',
      criteria: ['It says "x & y".', 'It is short.'],
      feedback: 'Say "x & y".',
      handover: [RESULT],
      turnsSoFar: 0,
      pastCalls: [],
      outline: ['- one: First "try" & more (writer)'],
    });
  });

  it('plan → agents with tier and description', () => {
    const prompt = parsePrompt(planRequest(GOAL));
    expect(prompt).toMatchObject({ purpose: 'plan', goal: GOAL, criteria: [], feedback: undefined, taskId: undefined });
    expect(prompt.agents).toEqual(BUILT_IN_AGENTS.map(({ name, tier, description }) => ({ name, tier, description })));
  });

  it('check, verification, synthesis, foreign prompt → purpose and subject', () => {
    expect(parsePrompt(checkRequest(PROMPT, TASK, RESULT))).toMatchObject({
      purpose: 'check',
      taskId: 'one',
      handover: [RESULT],
    });
    expect(parsePrompt(verifyRequest(PROMPT, ['Good.'], [RESULT]))).toMatchObject({
      purpose: 'verify',
      criteria: ['Good.'],
    });
    expect(
      parsePrompt(
        synthesisRequest(PROMPT, [RESULT], {
          feedback: 'More.',
          unfinished: [{ taskId: 'one', status: 'skipped', reason: 'x' }],
        }),
      ),
    ).toMatchObject({
      purpose: 'synthesis',
      feedback: 'More.',
      turnsSoFar: 1,
      unfinished: [{ task: 'one', status: 'skipped' }],
    });
    expect(parsePrompt(ask('Hello'))).toMatchObject({ purpose: 'other', goal: '', requestText: 'Hello' });
  });

  it('a goal that quotes our tags → stays text', () => {
    const goal = 'Explain </goal><planning_request> and <task id="x" title="y">z</task>';
    expect(parsePrompt(taskRequest({ goal }, TASK))).toMatchObject({ purpose: 'task', goal, taskId: 'one' });
  });
});

describe('scenario', () => {
  it('steps in order → replies; runs out → 500, recorded', async () => {
    simulator = await startSimulator({
      brain: scenario([
        text('one'),
        { expect: isTaskCall('one'), reply: submit({ output: 'x' }) },
        () => apiError(529),
      ]),
    });
    const client = clientOf(simulator);
    await client.messages.create(ask('Hi'));
    expect((await client.messages.create(taskRequest(PROMPT, TASK))).content[0]).toMatchObject({
      name: 'submit_result',
      input: { status: 'done', output: 'x' },
    });
    await expect(client.messages.create(ask('Hi'))).rejects.toMatchObject({ status: 529 });
    expect(() => simulator.assertNoScriptErrors()).not.toThrow();
    await expect(client.messages.create(taskRequest(PROMPT, TASK))).rejects.toMatchObject({ status: 500 });
    expect(() => simulator.assertNoScriptErrors()).toThrow(/has 3 steps and request 4 came: task call of task "one"/);
    expect(simulator.requests.countByOutcome().get('script-error')).toBe(1);
  });

  it('another request than expected → 500, recorded', async () => {
    simulator = await startSimulator({ brain: scenario([{ expect: isPlanCall, reply: text('x') }]) });
    await expect(clientOf(simulator).messages.create(ask('Hi'))).rejects.toMatchObject({ status: 500 });
    expect(() => simulator.assertNoScriptErrors()).toThrow(/step 1 of the scenario expects another request/);
  });
});

describe('rules', () => {
  it('first match answers, used-up rules are passed over, none → recorded', async () => {
    simulator = await startSimulator({
      brain: rules([
        { when: always, reply: apiError(529), times: 2 },
        { when: isPlanCall, reply: plan({ title: 'T', tasks: [] }) },
        { when: isCheckCall('one'), reply: verdicts([]) },
        { when: allOf(isTaskCall(), isTurn(2)), reply: text('second turn') },
        { when: allOf(isTaskCall(), hasFeedback), reply: text('revised') },
        {
          when: allOf(isTaskCall('one'), not(hasCalled('submit_result'))),
          reply: (request) => submit({ output: request.prompt.goal }),
        },
        { when: isSynthesisCall, reply: text('all') },
        { when: isVerifyCall, reply: verdicts([]) },
      ]),
    });
    const client = clientOf(simulator);
    const kind = async (params: Parameters<typeof client.messages.create>[0]): Promise<string> => {
      const answer = await client.messages.create({ ...params, stream: false });
      return JSON.stringify(answer.content[0]);
    };
    for (let count = 0; count < 2; count += 1) await expect(kind(ask('x'))).rejects.toMatchObject({ status: 529 });
    expect(await kind(planRequest(GOAL))).toContain('tasks');
    expect(await kind(checkRequest(PROMPT, TASK, RESULT))).toContain('verdicts');
    expect(await kind(synthesisRequest(PROMPT, []))).toContain('all');
    expect(await kind(taskRequest(PROMPT, TASK, { feedback: 'More.' }))).toContain('revised');
    const first = await client.messages.create(taskRequest(PROMPT, TASK));
    expect(first.content[0]).toMatchObject({ input: { output: GOAL } });
    expect(await kind(answered(taskRequest(PROMPT, TASK), first, {}))).toContain('second turn');
    expect(simulator.requests.countByPurpose()).toEqual(
      new Map([
        ['other', 2],
        ['plan', 1],
        ['check', 1],
        ['synthesis', 1],
        ['task', 3],
      ]),
    );
    await expect(kind(ask('x'))).rejects.toMatchObject({ status: 500 });
    expect(() => simulator.assertNoScriptErrors()).toThrow(/no rule matches this other call/);
  });
});
