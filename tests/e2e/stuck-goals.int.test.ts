/** Goals that do not go on by themselves: found by `up` and by `doctor`, counted in the metrics (G13). */
import { judgeExamination } from '../../src/cli/doctor/goals.ts';
import { examineGoals } from '../../src/client/examine/examine-goals.ts';
import { temporalSurvey } from '../../src/client/examine/workflow-survey.ts';
import { newGoalId } from '../../src/core/ids.ts';
import { freePort } from '../../src/integrations/temporal/free-port.ts';
import { fakeActivities, skeleton, submitted, task } from '../workflows/support/fake-activities.ts';
import { type GoalBench, openBench } from '../workflows/support/run-goal.ts';
import { computing, planOf, task as planTask } from './support/plans.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

/** Half of what G13 allows: by default the other half passes between two looks. */
const ALARM_MS = 30_000;
const PLAIN = { verify: 'off', synthesis: false } as const;
const REQUEST = { text: 'A goal that is stuck' };

let system: System;
let bench: GoalBench;
let port: number;
let up: UpProcess;
beforeAll(async () => {
  system = await startSystem({ worker: false });
  bench = await openBench();
  port = await freePort(0);
  const env = { ORCHESTRATOR_MONITORING__METRICS_PORT: String(port), ORCHESTRATOR_MONITORING__EXAMINE_MS: '1000' };
  up = await startUp(system, 'test-key', { env });
});
afterAll(async () => {
  await up.end('SIGTERM');
  await Promise.all([system.close(), bench.close()]);
});

/** A goal that the store has accepted, with no workflow; accepted a minute ago. */
async function accepted(): Promise<string> {
  const goalId = newGoalId();
  await system.store.goals.create({ goalId, tenant: 'default', request: REQUEST, simulated: true });
  await system.rows(
    `update orchestrator.goals set status = 'running', created_at = now() - interval '1 minute'
    where goal_id = $1`,
    [goalId],
  );
  return goalId;
}

const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

/** The value of a metric with these labels. */
async function metric(name: string, labels = ''): Promise<number | undefined> {
  const lines = (await metrics()).split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
  return lines.length === 0 ? undefined : lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function untilMetric(name: string, labels: string, value: number): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < ALARM_MS) {
    if ((await metric(name, labels)) === value) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - from;
}

describe('stuck goals', () => {
  it('healthy goals → no finding; calls, tokens, cost and open goals are counted', async () => {
    const goal = await system.run(computing(), { plan: planOf([planTask('a'), planTask('b', ['a'])]), ...PLAIN });
    expect(goal.status).toBe('completed');
    expect(await metric('orchestrator_model_calls', 'purpose="task"')).toBe(2);
    expect(await metric('orchestrator_cost_micro_usd')).toBe(goal.census.costMicroUsd);
    expect(await metric('orchestrator_tokens', 'kind="output"')).toBe(goal.census.usage.outputTokens);
    expect(await untilMetric('orchestrator_open_goals', '', 0)).toBeLessThan(ALARM_MS);
    const examination = await system.client.examine();
    expect(examination.findings).toEqual([]);
    expect(judgeExamination(examination)).toMatchObject([{ name: 'Goals', level: 'ok' }]);
  });

  it('workflow whose every task fails → reported in time by log, metric and doctor, with why and a remedy (G13)', async () => {
    const goalId = await accepted();
    const handle = await system.temporal.workflow.start('goalWorkflow', {
      taskQueue: system.config.temporal.taskQueue,
      workflowId: `goal-${goalId}`,
      args: [{ goalId, tenant: 'default', carried: { opened: {} } }],
    });
    // As after an update that does not fit an open conversation.
    const chat = await system.temporal.workflow.start('conversationWorkflow', {
      taskQueue: system.config.temporal.taskQueue,
      workflowId: 'conversation-stuck',
      args: [{}],
    });
    const tookMs = await untilMetric('orchestrator_stuck_goals', 'kind="workflow-failing"', 2);
    console.info(
      `a workflow that fails in every task: reported after ${(tookMs / 1_000).toFixed(1)} s, looks every 1 s`,
    );
    expect(tookMs).toBeLessThan(ALARM_MS);
    expect(up.said()).toMatch(new RegExp(`a goal does not go on.*${goalId}`));
    const { findings, fullest } = await system.client.examine();
    const ofChat = findings.find((finding) => finding.goalId === 'conversation-stuck');
    expect(ofChat).toMatchObject({ kind: 'workflow-failing', detail: expect.stringMatching(/TypeError|undefined/) });
    await chat.terminate();
    expect(findings.filter((finding) => finding !== ofChat)).toMatchObject([
      {
        goalId,
        kind: 'workflow-failing',
        detail: expect.stringMatching(/TypeError|undefined/),
        remedy: expect.any(String),
      },
    ]);
    expect(fullest).toMatchObject({ goalId: expect.any(String), of: expect.any(String) });
    expect((await system.client.headroom(goalId)).map(({ of }) => of).sort()).toEqual([
      ...['activities', 'bytes', 'events', 'updates'],
    ]);
    await handle.terminate();
    expect((await system.client.examine()).findings.map(({ kind }) => kind)).toEqual(['lost']);
    await system.client.cancel(goalId);
    expect((await system.client.show(goalId)).status).toBe('cancelled');
    expect(await untilMetric('orchestrator_stuck_goals', 'kind="workflow-failing"', 0)).toBeLessThan(ALARM_MS);
    expect((await system.client.examine()).findings).toEqual([]);
  });

  it('activity that no worker knows, workflow that no store knows → both found', async () => {
    const fake = fakeActivities({
      taskQueue: bench.taskQueue,
      given: skeleton([task('a')]),
      script: () => submitted(),
    });
    const { callModel: _unknown, ...served } = fake.activities;
    await bench.withWorker(served, async () => {
      const handle = await bench.client.workflow.start('goalWorkflow', {
        taskQueue: bench.taskQueue,
        workflowId: 'goal-stuck-activity',
        args: [{ goalId: 'stuck-activity', tenant: 'default' }],
      });
      const survey = temporalSurvey(bench.client, bench.taskQueue);
      const { store } = system;
      const parts = { store, survey, tenant: 'another' };
      let kinds: string[] = [];
      for (const from = performance.now(); kinds.length < 2 && performance.now() - from < ALARM_MS; ) {
        kinds = (await examineGoals(parts)).findings.map(({ kind, detail }) => `${kind}: ${detail}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(kinds.sort()).toEqual([
        expect.stringMatching(/^activity-failing: callModel has failed 3 times.*not registered/),
        expect.stringMatching(/^unknown-workflow: /),
      ]);
      await handle.terminate();
    });
  });
});
