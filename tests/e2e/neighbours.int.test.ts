/**
 * One goal of 1,000 tasks that takes all it can get, beside normal ones (G17). LONG=1, for a machine with nothing else to
 * do: 50 normal goals in place of 10, and the figures of G17; else times against those of the same goals alone, as a busy
 * machine makes both longer.
 */
import type { GoalRequestInput } from '../../src/core/goal.ts';
import { until } from '../support/until.ts';
import { computing, planOf, randomPlan, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';
import { workflowTasksOf } from './support/workflow-tasks.ts';

const LONG = process.env.LONG === '1';
const NORMAL = LONG ? 50 : 10;
/** Normal goals at once. */
const AT_ONCE = 5;
const LATER_MS = 1_000;
const TASK_MS = 200;
/** So many times as long as alone: less than beside 50 calls at once that are served as they come (5 times as long, 11 in the long form). */
const STARVED = 4;
const BARE = { verify: 'off', synthesis: false } as const;
const CHAIN: Partial<GoalRequestInput> = { ...BARE, plan: planOf([task('a'), task('b', ['a']), task('c', ['b'])]) };

let system: System;
let up: UpProcess;
beforeAll(async () => {
  system = await startSystem({ worker: false, goals: { maxTasks: 1_000 } });
  up = await startUp(system, 'sk-ant-test', { env: { ORCHESTRATOR_GOALS__MAX_TASKS: '1000' } });
});
afterAll(async () => {
  await up.end('SIGKILL');
  await system.close();
});

interface Neighbour {
  readonly goalId: string;
  /** From the request to its result. */
  readonly tookMs: number;
}

/** Normal goals, a few at once, until all are done. */
async function runNeighbours(): Promise<Neighbour[]> {
  const done: Neighbour[] = [];
  let left = NORMAL;
  const line = async (): Promise<void> => {
    while (left-- > 0) {
      const from = performance.now();
      const goalId = await system.start(computing(), CHAIN);
      expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
      done.push({ goalId, tookMs: performance.now() - from });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  return done;
}

const p99 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? Number.NaN;
const inMs = (ms: number): string => `${Math.round(ms)} ms`;

async function taskTimes(goalIds: readonly string[]): Promise<number[]> {
  const all = await Promise.all(goalIds.map((goalId) => workflowTasksOf(system, goalId)));
  return all.flat().map(({ tookMs }) => tookMs);
}

/** Tasks of these goals that are done. */
async function doneOf(goalIds: readonly string[]): Promise<number> {
  const goals = await Promise.all(goalIds.map((goalId) => system.client.show(goalId)));
  return goals.flatMap(({ tasks }) => tasks.filter(({ status }) => status === 'done')).length;
}

/** A bad goal, and another one as soon as it has ended; `stop` says whether one was at work until then. */
async function churn(): Promise<{ readonly goalIds: readonly string[]; stop(): Promise<boolean> }> {
  const goalIds: string[] = [];
  let over = false;
  const next = async () => {
    goalIds.push(await system.start(computing(), { ...BARE, plan: randomPlan(17, 1_000) }));
  };
  await next();
  const running = (async () => {
    for (;;) {
      await system.client.result(goalIds.at(-1) ?? '');
      if (over) return;
      await next();
    }
  })();
  return {
    goalIds,
    async stop() {
      over = true;
      const last = goalIds.at(-1) ?? '';
      const cancelled = await system.client.cancel(last).then(
        () => true,
        () => false,
      );
      await running;
      return cancelled || goalIds.length > 1;
    },
  };
}

describe('a bad goal', () => {
  it(
    `1,000 tasks at zero latency beside ${NORMAL} normal goals → they get their turns: none is starved (G17)`,
    async () => {
      // Warm: the first goal of a process loads the bundle and opens connections.
      await system.result(await system.start(computing(), CHAIN));
      const alone = await runNeighbours();
      const bad = await churn();
      await until(async () => (await doneOf(bad.goalIds)) >= 20, 'the bad goal at full speed');
      const beside = await runNeighbours();
      const badDone = await doneOf(bad.goalIds);
      const wasThere = await bad.stop();
      const own = p99(await taskTimes(beside.map(({ goalId }) => goalId)));
      const ownAlone = p99(await taskTimes(alone.map(({ goalId }) => goalId)));
      const its = p99(await taskTimes(bad.goalIds));
      const [later, lonely] = [beside, alone].map((goals) => p99(goals.map(({ tookMs }) => tookMs)));
      process.stdout.write(
        `G17 ${NORMAL} neighbours: p99 ${inMs(lonely ?? 0)} alone, ${inMs(later ?? 0)} beside ${badDone} tasks of the bad goal; ` +
          `workflow tasks p99: ${inMs(ownAlone)} alone, ${inMs(own)} beside, the bad goal's ${inMs(its)}\n`,
      );
      // It was there all the time, and got on.
      expect(wasThere).toBe(true);
      expect(badDone).toBeGreaterThan(40);
      if (LONG) {
        expect((later ?? Number.NaN) - (lonely ?? Number.NaN)).toBeLessThanOrEqual(LATER_MS);
        expect(Math.max(own, its)).toBeLessThanOrEqual(TASK_MS);
      }
      expect((later ?? Number.NaN) / (lonely ?? Number.NaN)).toBeLessThanOrEqual(STARVED);
      expect(own / ownAlone).toBeLessThanOrEqual(STARVED);
    },
    180_000 + NORMAL * 4_000,
  );

  leavesSoundHistories(() => system);
});
