/**
 * Two worker processes, one of them killed at random again and again, under goals of mixed graphs (G2).
 * LONG=1: 200 goals, a kill every 5 to 10 s. SEED=<n>: other kills and graphs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlanInput } from '../../src/core/plan.ts';
import { isTaskCall, type Rule, type SimulatedRequest, toolUse } from '../../src/simulator/index.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { auditGoals } from './support/audit.ts';
import { type Herd, startHerd } from './support/herd.ts';
import { computed, computing, planOf, random, randomPlan, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const FULL = process.env.LONG === '1';
const SEED = Number(process.env.SEED ?? 2);
const GOALS = FULL ? 200 : 12;
/** Goals open at a time. */
const ABREAST = 12;
const PAUSE_MS = FULL ? { least: 5_000, more: 5_000 } : { least: 700, more: 600 };
/** The full storm lasts as long as there are goals. */
const KILLS = FULL ? { least: 8, most: Number.POSITIVE_INFINITY } : { least: 3, most: 3 };
const BARE = { verify: 'off', synthesis: false } as const;

let system: System;
let herd: Herd;
beforeAll(async () => {
  system = await startSystem({ worker: false, simulator: { latencyMs: 400 } });
  herd = await startHerd(system, 2);
});
afterAll(async () => {
  await herd.end();
  await system.close();
});

/** Some tasks write a file before they compute. */
const someWrite: Rule = {
  when: (request) => isTaskCall()(request) && /[02468]$/.test(request.prompt.taskId ?? ''),
  reply: (request: SimulatedRequest) =>
    request.prompt.turnsSoFar === 0
      ? toolUse('write_file', { path: `${request.prompt.taskId}.txt`, content: 'x' })
      : computed(request),
};

const chain = (length: number): PlanInput =>
  planOf(Array.from({ length }, (_, at) => task(`t${at}`, at === 0 ? [] : [`t${at - 1}`])));

const fan = (width: number): PlanInput => {
  const middle = Array.from({ length: width }, (_, at) => `t${at + 1}`);
  return planOf([task('t0'), ...middle.map((id) => task(id, ['t0'])), task('end', middle)]);
};

/** Chains, fans and random graphs of up to a dozen tasks. */
function mixedPlan(at: number): PlanInput {
  if (at % 4 === 0) return chain(2 + (at % 5));
  if (at % 4 === 1) return fan(2 + (at % 8));
  return randomPlan(SEED * 1_000 + at, 1 + ((at * 7) % 12));
}

/** Starts goals, so many open at a time, until all have ended. Gives their plans by id. */
async function runGoals(): Promise<Map<string, PlanInput>> {
  const goals = new Map<string, PlanInput>();
  let started = 0;
  const lane = async () => {
    while (started < GOALS) {
      const plan = mixedPlan(started++);
      const goalId = await system.start(computing(someWrite), { ...BARE, plan });
      goals.set(goalId, plan);
      await system.client.result(goalId, { signal: AbortSignal.timeout(FULL ? 800_000 : PATIENCE_MS) });
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
  return goals;
}

/** Kills one of the two at random, again and again, until `done` or enough. Gives how often. */
async function storm(done: AbortSignal): Promise<number> {
  const next = random(SEED);
  for (let kills = 0; ; kills++) {
    if (kills === KILLS.most) return kills;
    await sleep(PAUSE_MS.least + next() * PAUSE_MS.more, undefined, { signal: done }).catch(() => undefined);
    if (done.aborted) return kills;
    await herd.replace(herd.members[Math.floor(next() * herd.members.length)]);
  }
}

describe('a storm of worker kills', () => {
  it(
    `${GOALS} goals of mixed graphs, one of two workers killed again and again → all correct, none stuck (G2)`,
    async () => {
      const done = new AbortController();
      const startedAt = Date.now();
      const running = runGoals().finally(() => done.abort());
      running.catch(() => undefined);
      const kills = await storm(done.signal);
      const goals = await running;
      const { calls, ledger, bill, paidTwice } = await auditGoals(system, goals);
      const seconds = Math.round((Date.now() - startedAt) / 1_000);
      process.stdout.write(
        `G2: ${goals.size} of ${GOALS} goals correct, ${calls} calls, ${kills} kills in ${seconds} s; ` +
          `${system.simulator.requests.total - calls} requests repeated, ${paidTwice.length} answered twice; ` +
          `ledger ${ledger}, bill ${bill} micro-USD\n`,
      );
      expect(goals.size).toBe(GOALS);
      expect(kills).toBeGreaterThanOrEqual(KILLS.least);
    },
    FULL ? 900_000 : 240_000,
  );

  leavesSoundHistories(() => system);
});
