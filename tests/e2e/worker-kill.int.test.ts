/** Worker processes that are killed or frozen in the middle of a goal: what is paid again, and what comes out (G4). */
import { setTimeout as sleep } from 'node:timers/promises';
import { callKey } from '../../src/core/contracts/ids.ts';
import type { PlanInput } from '../../src/core/plan.ts';
import { isTaskCall, withLatency } from '../../src/simulator/index.ts';
import { computed, computing, expectedOutputs, planOf, randomPlan, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const LATENCY_MS = 400;
/** The processes take their defaults from no file, so a goal says what it wants. */
const BARE = { verify: 'off', synthesis: false } as const;
let system: System;
const ups: UpProcess[] = [];
beforeAll(async () => {
  system = await startSystem({ worker: false, simulator: { latencyMs: LATENCY_MS } });
});
afterAll(async () => {
  for (const up of ups) up.signal('SIGCONT');
  await Promise.all(ups.map((up) => up.end('SIGTERM')));
  await system.close();
});

async function start(): Promise<UpProcess> {
  const up = await startUp(system, 'sk-ant-test');
  ups.push(up);
  return up;
}

/** Keys of the calls whose results are in the journal. */
async function recorded(goalId: string): Promise<string[]> {
  const rows = await system.rows<{ task_id: string; revision: number; turn: number }>(
    'select task_id, revision, turn from orchestrator.model_calls where goal_id = $1 and recorded_at is not null',
    [goalId],
  );
  return rows.map(({ task_id, revision, turn }) => callKey({ goalId, taskId: task_id, revision, turn }));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 40_000; !(await holds()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`it never came to: ${holds}`);
  }
}

/** Attempts that the goal's open activities are at. */
async function pendingAttempts(goalId: string): Promise<number[]> {
  const { raw } = await system.temporal.workflow.getHandle(`goal-${goalId}`).describe();
  return (raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0);
}

async function outputsOf(goalId: string, { tasks }: PlanInput): Promise<Map<string, string>> {
  const results = await system.store.results.latest(
    'default',
    goalId,
    tasks.map(({ id }) => id),
  );
  const texts = results.map(({ output }) => system.store.blobs.getText('default', output.hash));
  return new Map((await Promise.all(texts)).map((text, at) => [results[at]?.taskId ?? '', text]));
}

/** One ledger row for each call, each start and end of a task told once. */
async function expectToldOnce(goalId: string, { tasks }: PlanInput): Promise<void> {
  const [ledger] = await system.rows<{ count: string }>(
    'select count(*) as count from orchestrator.usage_ledger where goal_id = $1',
    [goalId],
  );
  expect(Number(ledger?.count)).toBe(tasks.length);
  const events = await system.store.events.read('default', goalId, 0, 1_000);
  for (const type of ['task-start', 'turn-end', 'task-end']) {
    const ids = events.filter((event) => event.type === type).map(({ taskId }) => taskId);
    expect([...ids].sort()).toEqual(tasks.map(({ id }) => id).sort());
  }
}

describe('a worker process', () => {
  it('killed with SIGKILL twice in the middle → goal completed, recorded calls never sent again (G4)', async () => {
    const plan = randomPlan(31, 32);
    const first = await start();
    const goalId = await system.start(computing(), { ...BARE, plan, maxParallelTasks: 8 });
    const known = new Map<string, number>();
    let doomed = first;
    let inFlight = 0;
    for (const share of [6, 16]) {
      await until(async () => (await recorded(goalId)).length >= share);
      await doomed.end('SIGKILL');
      const counts = system.simulator.requests.countByKey();
      const keys = await recorded(goalId);
      for (const key of keys) known.set(key, counts.get(key) ?? 0);
      inFlight += [...counts.keys()].filter((key) => !keys.includes(key)).length;
      doomed = await start();
    }
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { modelCalls: 32 } });
    const counts = system.simulator.requests.countByKey();
    for (const [key, count] of known) expect([key, counts.get(key)]).toEqual([key, count]);
    const repeated = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
    process.stdout.write(`2 kills: ${known.size} recorded before, ${inFlight} in flight, ${repeated} repeated\n`);
    expect(known.size).toBeGreaterThanOrEqual(16);
    expect(repeated).toBeLessThanOrEqual(inFlight);
    expect(await outputsOf(goalId, plan)).toEqual(expectedOutputs(plan));
    await expectToldOnce(goalId, plan);
  }, 120_000);

  it('frozen until its calls were given to another, then awake (bad input 90) → its late answers change nothing', async () => {
    system.simulator.requests.reset();
    const plan = planOf(Array.from({ length: 12 }, (_, at) => task(`t${at}`, at < 6 ? [] : [`t${at - 6}`])));
    const frozen = ups.at(-1) ?? (await start());
    const goalId = await system.start(
      computing({ when: isTaskCall(), reply: (request) => withLatency(1_500, computed(request)) }),
      { ...BARE, plan },
    );
    await until(() => system.simulator.requests.inFlight === 6);
    frozen.signal('SIGSTOP');
    await start();
    await until(() => pendingAttempts(goalId).then((attempts) => attempts.some((attempt) => attempt > 1)));
    frozen.signal('SIGCONT');
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { modelCalls: 12 } });
    const counts = [...system.simulator.requests.countByKey().values()];
    const repeated = counts.reduce((sum, count) => sum + count - 1, 0);
    process.stdout.write(`1 freeze: 6 in flight, ${repeated} repeated\n`);
    expect(repeated).toBeLessThanOrEqual(6);
    expect(await outputsOf(goalId, plan)).toEqual(expectedOutputs(plan));
    await expectToldOnce(goalId, plan);
  }, 90_000);

  leavesSoundHistories(() => system);
});
