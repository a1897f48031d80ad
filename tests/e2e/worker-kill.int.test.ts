/**
 * Worker processes that are killed or frozen in the middle of a goal: what is paid again, and what comes out (G4).
 * LONG=1: 160 calls, 8 in parallel, 12 kills.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { callKey } from '../../src/core/contracts/ids.ts';
import { isTaskCall, type Rule, toolUse, withLatency } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { auditGoals } from './support/audit.ts';
import { computed, computing, planOf, random, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const FULL = process.env.LONG === '1';
const LATENCY_MS = 400;
const ABREAST = 8;
const TURNS = FULL ? 20 : 5;
const KILLS = FULL ? 12 : 2;
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

/** Attempts that the goal's open activities are at. */
async function pendingAttempts(goalId: string): Promise<number[]> {
  const { raw } = await system.temporal.workflow.getHandle(`goal-${goalId}`).describe();
  return (raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0);
}

/** All turns but the last look into the workspace. */
const manyTurns: Rule = {
  when: (request) => isTaskCall()(request) && request.prompt.turnsSoFar < TURNS - 1,
  reply: toolUse('list_files', {}),
};

/** What was the case when a worker had been killed. */
interface Kill {
  readonly recorded: ReadonlySet<string>;
  /** Sent and not recorded: what may be paid again. */
  readonly inFlight: ReadonlySet<string>;
  /** What a task would repeat that is started anew, because nothing recorded its calls: all it had sent. */
  readonly withoutJournal: number;
}

async function kill(goalId: string, doomed: UpProcess): Promise<Kill> {
  await doomed.end('SIGKILL');
  const recordedNow = new Set(await recorded(goalId));
  const sent = [...system.simulator.requests.countByKey().keys()];
  const isDone = (key: string) => recordedNow.has(key.replace(/\d+$/, String(TURNS)));
  return {
    recorded: recordedNow,
    inFlight: new Set(sent.filter((key) => !recordedNow.has(key))),
    withoutJournal: sent.filter((key) => !isDone(key)).length,
  };
}

/** Calls whose attempt after a kill got its answer from the journal. */
async function servedFromJournal(goalId: string): Promise<number> {
  const { events } = await system.temporal.workflow.getHandle(`goal-${goalId}`).fetchHistory();
  const results = (events ?? []).flatMap((event) => event.activityTaskCompletedEventAttributes?.result?.payloads ?? []);
  return results.filter(({ data }) => /"recorded":true/.test(Buffer.from(data ?? []).toString('utf8'))).length;
}

describe('a worker process', () => {
  it(
    `killed ${KILLS} times over ${ABREAST * TURNS} calls, ${ABREAST} in parallel → recorded calls are never sent again (G4)`,
    async () => {
      const plan = planOf(Array.from({ length: ABREAST }, (_, at) => task(`t${at}`)));
      const next = random(4);
      let doomed = await start();
      const goalId = await system.start(computing(manyTurns), { ...BARE, plan });
      const kills: Kill[] = [];
      for (let at = 1; at <= KILLS; at++) {
        await until(async () => (await recorded(goalId)).length >= (at * ABREAST * TURNS) / (KILLS + 1));
        await sleep(next() * LATENCY_MS);
        kills.push(await kill(goalId, doomed));
        doomed = await start();
      }
      expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
      const { calls, paidTwice } = await auditGoals(system, new Map([[goalId, plan]]));
      const repeats = [...system.simulator.requests.countByKey()].map(([key, count]) => ({ key, again: count - 1 }));
      const repeated = repeats.reduce((sum, { again }) => sum + again, 0);
      const inFlight = kills.reduce((sum, one) => sum + one.inFlight.size, 0);
      const withoutJournal = kills.reduce((sum, one) => sum + one.withoutJournal, 0);
      const cut = Math.round(100 * (1 - repeated / withoutJournal));
      process.stdout.write(
        `G4: ${calls} calls, ${KILLS} kills: ${inFlight} in flight, ${repeated} repeated, ${paidTwice.length} answered twice; ` +
          `${await servedFromJournal(goalId)} served from the journal; tasks started anew would repeat ${withoutJournal}: ${cut} % less\n`,
      );
      expect(calls).toBe(ABREAST * TURNS);
      for (const { key, again } of repeats) {
        expect([key, again <= kills.filter((one) => one.inFlight.has(key)).length]).toEqual([key, true]);
      }
      expect(kills.at(-1)?.recorded.size).toBeGreaterThanOrEqual(calls / 2);
      if (FULL) expect(cut).toBeGreaterThanOrEqual(75);
    },
    FULL ? 600_000 : 240_000,
  );

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
    await until(() => [...system.simulator.requests.countByKey().values()].some((count) => count > 1));
    frozen.signal('SIGCONT');
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { modelCalls: 12 } });
    const counts = [...system.simulator.requests.countByKey().values()];
    const repeated = counts.reduce((sum, count) => sum + count - 1, 0);
    process.stdout.write(`1 freeze: 6 in flight, ${repeated} repeated\n`);
    expect(repeated).toBeLessThanOrEqual(6);
    await auditGoals(system, new Map([[goalId, plan]]));
  });

  it('the only one, frozen until its calls were given up, then awake → their answers are waited for, none is asked for again', async () => {
    for (const up of ups.splice(0)) await up.end('SIGTERM');
    system.simulator.requests.reset();
    const plan = planOf(Array.from({ length: 6 }, (_, at) => task(`t${at}`)));
    const frozen = await start();
    const goalId = await system.start(
      computing({ when: isTaskCall(), reply: (request) => withLatency(8_000, computed(request)) }),
      { ...BARE, plan },
    );
    await until(() => system.simulator.requests.inFlight === 6);
    frozen.signal('SIGSTOP');
    await until(() => pendingAttempts(goalId).then((attempts) => attempts.every((attempt) => attempt > 1)));
    frozen.signal('SIGCONT');
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { modelCalls: 6 } });
    expect([...system.simulator.requests.countByKey().values()]).toEqual([1, 1, 1, 1, 1, 1]);
    await auditGoals(system, new Map([[goalId, plan]]));
  });

  leavesSoundHistories(() => system);
});
