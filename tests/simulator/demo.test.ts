/** The demo brain end to end by hand-made prompts: plan, tasks, checks, deliverable, verification; all marked, nothing invented. */
import type Anthropic from '@anthropic-ai/sdk';
import { BUILT_IN_AGENTS } from '../../src/agents/built-in-agents.ts';
import { judgeCheck } from '../../src/agents/judge-check.ts';
import { type Plan, type PlanTask, planSchema } from '../../src/core/plan.ts';
import { checkAnswerSchema, submissionSchema } from '../../src/core/submission.ts';
import { demoBrain, type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { validatePlan } from '../../src/tasks/validate-plan.ts';
import { validateReplan } from '../../src/tasks/validate-replan.ts';
import { ask, clientOf } from './client.ts';
import {
  answered,
  checkRequest,
  type GoalPrompt,
  type Handed,
  planRequest,
  replanRequest,
  synthesisRequest,
  taskRequest,
  verifyRequest,
} from './prompts.ts';

const GOAL =
  'Compare the ways to host our billing service in Europe and recommend one. The budget is €5,000 a month. Downtime must stay under 30 minutes per year, and Maria wants vendor "lock-in" < 2 years.';
const OTHERS = [
  'Write a guide to composting for a school garden: what goes in, what stays out.',
  'Test',
  '???',
  '为我们的新产品写一份市场分析报告，比较三个竞争对手。',
  'Erstelle einen Plan für den Umzug von Oracle nach PostgreSQL bis März 2027.',
  `${'wort '.repeat(9_000)}`,
  'Say "</goal>" & <b>',
];
const AGENT_NAMES = BUILT_IN_AGENTS.map((agent) => agent.name);
const titled = (goal: string): [string, string] => [goal.slice(0, 40), goal];
const QUICK = { minLatencyMs: 0, maxLatencyMs: 0, maxStreamMs: 0 };

let simulator: Simulator;
let client: Anthropic;

beforeAll(async () => {
  simulator = await startSimulator({ brain: demoBrain(QUICK) });
  client = clientOf(simulator);
});
afterAll(() => simulator.close());

const textOf = (answer: Anthropic.Message): string =>
  answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
const ask1 = (params: Anthropic.MessageCreateParamsNonStreaming) => client.messages.stream(params).finalMessage();

async function planFor(goal: string, maxTasks?: number): Promise<Plan> {
  return planSchema.parse(JSON.parse(textOf(await ask1(planRequest(goal, maxTasks)))));
}

interface Worked {
  readonly tools: string[];
  readonly submission: { status: string; summary: string; output: string; evidence: string[] };
}

/** Takes turns until the task hands in. */
async function work(params: Anthropic.MessageCreateParamsNonStreaming, readable: readonly Handed[]): Promise<Worked> {
  const tools: string[] = [];
  let request = params;
  for (let turn = 1; turn <= 5; turn += 1) {
    const answer = await ask1(request);
    for (const block of answer.content) {
      if (block.type !== 'tool_use') continue;
      if (block.name === 'submit_result') return { tools, submission: submissionSchema.parse(block.input) };
      tools.push(block.name);
    }
    request = answered(request, answer, {
      read_results: JSON.stringify(readable),
      list_files: 'The workspace is empty.',
      ask_person: 'Euros, please',
    });
  }
  throw new Error('the task never handed in');
}

const answerOf = async (params: Anthropic.MessageCreateParamsNonStreaming) =>
  checkAnswerSchema.parse(JSON.parse(textOf(await ask1(params))));

const material = (criteria: readonly string[], results: readonly Handed[]) => ({
  criteria,
  sources: new Map(results.map((result) => [result.task, result.output])),
});

/** Checks a task's result as the orchestrator does: quotes are looked up by code. */
async function checkTask(prompt: GoalPrompt, task: PlanTask, result: Handed) {
  const answer = await answerOf(checkRequest(prompt, task, result));
  return judgeCheck(answer, material(task.acceptanceCriteria, [result]));
}

async function verifyGoal(prompt: GoalPrompt & { plan: Plan }, results: readonly Handed[]) {
  const criteria = prompt.plan.acceptanceCriteria;
  return judgeCheck(await answerOf(verifyRequest(prompt, criteria, results)), material(criteria, results));
}

interface Run {
  readonly plan: Plan;
  readonly results: readonly Handed[];
  readonly blocked: string[];
  readonly sentBack: string[];
  readonly wroteFiles: string[];
  readonly tools: Set<string>;
  readonly texts: string[];
}

const handed = (task: PlanTask, output: string): Handed => ({
  task: task.id,
  title: task.title,
  status: 'done',
  output,
});

/** Runs a whole plan in its order, as the orchestrator would with `--verify each-task`. */
async function runGoal(goal: string): Promise<Run> {
  const plan = await planFor(goal);
  const run = {
    plan,
    results: [] as Handed[],
    blocked: [] as string[],
    sentBack: [] as string[],
    wroteFiles: [] as string[],
    tools: new Set<string>(),
    texts: [JSON.stringify(plan)],
  };
  const prompt = { goal, plan };
  for (const task of plan.tasks) {
    const results = run.results.filter((result) => task.dependsOn.includes(result.task));
    let worked = await work(taskRequest(prompt, task, { results }), run.results);
    if (worked.submission.status === 'blocked') {
      run.blocked.push(task.id);
      worked = await work(
        taskRequest(prompt, task, { results, feedback: `An earlier attempt failed: ${worked.submission.summary}` }),
        run.results,
      );
    }
    let judged = await checkTask(prompt, task, handed(task, worked.submission.output));
    if (judged.feedback !== null) {
      run.sentBack.push(task.id);
      worked = await work(taskRequest(prompt, task, { results, feedback: judged.feedback }), run.results);
      judged = await checkTask(prompt, task, handed(task, worked.submission.output));
    }
    expect(judged).toMatchObject({ passed: true, total: task.acceptanceCriteria.length });
    if (worked.tools.includes('write_file')) run.wroteFiles.push(task.id);
    for (const tool of worked.tools) run.tools.add(tool);
    run.texts.push(worked.submission.output);
    run.results.push(handed(task, worked.submission.output));
  }
  return run;
}

describe('demo plan', () => {
  it.each([GOAL, ...OTHERS].map(titled))(
    'goal %s → valid, at least six tasks, a fan-out and a join, agents of the request',
    async (_title, goal) => {
      const plan = await planFor(goal);
      expect(validatePlan(plan, { agents: AGENT_NAMES, maxTasks: 20 })).toMatchObject({ ok: true });
      expect(plan.tasks.length).toBeGreaterThanOrEqual(6);
      const dependents = (id: string): number => plan.tasks.filter((task) => task.dependsOn.includes(id)).length;
      expect(Math.max(...plan.tasks.map((task) => dependents(task.id)))).toBeGreaterThanOrEqual(3);
      expect(Math.max(...plan.tasks.map((task) => task.dependsOn.length))).toBeGreaterThanOrEqual(3);
      for (const task of plan.tasks) expect(task.agentReason).toMatch(/^Simulated choice/);
    },
  );

  it('other goals → other plans; same goal → same plan', async () => {
    const plans = await Promise.all([GOAL, GOAL, ...OTHERS].map((goal) => planFor(goal)));
    expect(plans[1]).toEqual(plans[0]);
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(plans.length - 1);
    expect(plans[0]?.tasks.map((task) => task.id)).toEqual(
      expect.arrayContaining(['look-at-billing-service', 'compare-billing-service']),
    );
  });

  it.each([1, 2, 4, 7])('limit of %i tasks → kept', async (limit) => {
    const plan = await planFor(GOAL, limit);
    expect(plan.tasks.length).toBe(limit);
    expect(validatePlan(plan, { agents: AGENT_NAMES, maxTasks: limit })).toMatchObject({ ok: true });
  });

  it('agents → chosen by what they are described for', async () => {
    const { tasks } = await planFor(GOAL);
    const agentOf = (start: string): string | undefined => tasks.find((task) => task.id.startsWith(start))?.agent;
    expect([agentOf('look-at'), agentOf('compare'), agentOf('question'), agentOf('draft')]).toEqual([
      'researcher',
      'analyst',
      'critic',
      'writer',
    ]);
  });
});

describe('demo run', () => {
  it('whole goal → one task blocked, one sent back, one writes a file; deliverable fails once, then passes', async () => {
    const run = await runGoal(GOAL);
    const prompt = { goal: GOAL, plan: run.plan };
    expect([run.blocked.length, run.sentBack.length, run.wroteFiles.length]).toEqual([1, 1, 1]);
    expect(run.tools).toEqual(new Set(['list_files', 'read_results', 'write_file']));

    const first = textOf(await ask1(synthesisRequest(prompt, run.results)));
    const asDeliverable = (output: string): Handed[] => [
      { task: '_synthesis', title: 'The deliverable', status: 'done', output },
      ...run.results,
    ];
    const judged = await verifyGoal(prompt, asDeliverable(first));
    expect(judged.rows.map((row) => row.verdict)).toEqual(['pass', 'pass', 'fail']);

    const feedback = judged.feedback ?? '';
    const second = textOf(await ask1(synthesisRequest(prompt, run.results, { feedback })));
    const again = await verifyGoal(prompt, asDeliverable(second));
    expect(again).toMatchObject({ passed: true, pass: 3 });
    expect(again.rows.map((row) => row.source)).toEqual(['_synthesis', '_synthesis', '_synthesis']);
    expect(second.split('\n')[0]).toMatch(/^> Simulated output: no model was called/);
    for (const task of run.plan.tasks) expect(second).toContain(`[${task.id}]`);
    for (const text of run.texts.slice(1)) expect(text).toMatch(/^> Simulated output/);
  });

  it('a goal that says “Ask me …” → the first task asks a person just that, and its result has the answer', async () => {
    const run = await runGoal('Plan the budget of a school garden. Ask me: which currency it is in.');
    expect(run.tools).toContain('ask_person');
    expect(run.plan.tasks[0]?.instructions).toMatch(/ask a person first: which currency it is in\.$/);
    expect(run.results[0]?.output).toContain('A person was asked, and said: “Euros, please”');
    for (const { output } of run.results.slice(1)) expect(output).not.toContain('A person was asked');
  });

  it.each(OTHERS.map(titled))('goal %s → runs to its end', async (_title, goal) => {
    const run = await runGoal(goal);
    const deliverable = textOf(await ask1(synthesisRequest({ goal, plan: run.plan }, run.results)));
    expect(deliverable).toMatch(/^> Simulated output/);
    expect(run.results).toHaveLength(run.plan.tasks.length);
  });

  it('figures and names in the texts → all stand in the goal', async () => {
    const run = await runGoal(GOAL);
    const deliverable = textOf(
      await ask1(synthesisRequest({ goal: GOAL, plan: run.plan }, run.results, { feedback: 'Open questions' })),
    );
    expect(deliverable).toContain('€5,000');
    const quoted = [...deliverable.matchAll(/“([^”…]+)”/g)].map((match) => match[1] ?? '');
    expect(quoted.length).toBeGreaterThan(5);
    for (const words of quoted) expect(GOAL.toLowerCase()).toContain(words.toLowerCase().replace(/[.]$/, ''));
  });
});

describe('demo replan', () => {
  it('a task failed → a substitute takes its place, the rest stays', async () => {
    const plan = await planFor(GOAL);
    const failed = plan.tasks[2]?.id ?? '';
    const frozen = plan.tasks.slice(0, 5).map((task) => task.id);
    const unfinished = [{ taskId: failed, status: 'failed' as const, reason: 'x' }];
    const next = JSON.parse(textOf(await ask1(replanRequest({ goal: GOAL, plan }, unfinished, frozen)))) as unknown;
    const verdict = validateReplan(next, {
      agents: AGENT_NAMES,
      maxTasks: 20,
      current: plan,
      frozen,
      failed: [failed],
    });
    expect(verdict).toMatchObject({ ok: true });
    if (!verdict.ok) return;
    expect(verdict.plan.tasks).toHaveLength(plan.tasks.length + 1);
    const joins = verdict.plan.tasks.filter((task) => task.dependsOn.includes(`${failed}-again`));
    expect(joins.length).toBeGreaterThan(0);
  });
});

describe('demo checker', () => {
  const task = planSchema.parse({
    title: 'T',
    tasks: [
      {
        id: 'one',
        title: 'T',
        instructions: 'I',
        agent: 'writer',
        tier: 'fast',
        acceptanceCriteria: [
          'It names "Lisbon".',
          'It has a section headed "Costs".',
          'Every claim about whales carries a source.',
        ],
      },
    ],
  }).tasks[0];
  if (!task) throw new Error('no task');

  it('a result that only claims to meet the criteria → fails', async () => {
    const lie = 'All criteria are met. The section on costs is there.';
    const judged = await checkTask({ goal: GOAL }, task, handed(task, lie));
    expect(judged.rows.map((row) => row.verdict)).toEqual(['fail', 'fail', 'fail']);
    expect(judged.rows.map((row) => row.quote)).toEqual([null, null, null]);
  });

  it('a result that meets them → passes with exact quotes', async () => {
    const output = 'A trip to Lisbon.\n\n### Costs\n\nNone at all.\n\nOn whales, every claim carries its source [1].';
    const judged = await checkTask({ goal: GOAL }, task, handed(task, output));
    expect(judged.passed).toBe(true);
    expect(judged.rows.map((row) => row.quote)).toEqual([
      'A trip to Lisbon.',
      '### Costs\n\nNone at all.',
      'On whales, every claim carries its source [1].',
    ]);
  });
});

describe('demo replies', () => {
  it('own plan with criteria in free words → worked off, said to be only repeated, not passed', async () => {
    const task = planSchema.parse({
      title: 'T',
      tasks: [
        {
          id: 'own',
          title: 'Own task',
          instructions: 'Do it.',
          agent: 'writer',
          tier: 'fast',
          acceptanceCriteria: ['The costs are compared.'],
        },
      ],
    }).tasks[0];
    if (!task) throw new Error('no task');
    const { submission } = await work(taskRequest({ goal: GOAL }, task), []);
    expect(submission.output).toContain('- The costs are compared. (The simulator only repeats this.)');
    const judged = await checkTask({ goal: GOAL }, task, handed(task, submission.output));
    expect(judged.rows).toMatchObject([
      { verdict: 'fail', reason: expect.stringContaining('free words can only be compared') },
    ]);
  });

  it('any other request → marked as simulated', async () => {
    expect(textOf(await ask1(ask('Are you there?')))).toMatch(
      /^> Simulated output.*\n\nThe request reads: “Are you there\?”$/,
    );
  });

  it('tempo → seeded latency in its range, text in many pieces within its time', async () => {
    const brain = demoBrain({ seed: 'x' });
    const replies: { latencyMs?: number; chunkDelayMs?: number; chunkChars?: number }[] = [];
    const own = await startSimulator({
      brain: async (request) => {
        const reply = await brain(request);
        replies.push(reply as (typeof replies)[number], (await brain(request)) as (typeof replies)[number]);
        return { ...reply, latencyMs: 0 };
      },
    });
    let deltas = 0;
    const prompt = { goal: GOAL, plan: await planFor(GOAL) };
    const stream = clientOf(own).messages.stream(synthesisRequest(prompt, []));
    stream.on('text', () => {
      deltas += 1;
    });
    const length = textOf(await stream.finalMessage()).length;
    await own.close();
    const [first, second] = replies;
    expect(first).toEqual(second);
    expect(first?.latencyMs).toBeGreaterThanOrEqual(200);
    expect(first?.latencyMs).toBeLessThanOrEqual(700);
    expect(deltas).toBeGreaterThan(15);
    expect(Math.ceil(length / (first?.chunkChars ?? 1)) * (first?.chunkDelayMs ?? 0)).toBeLessThanOrEqual(1_000);
  });
});
