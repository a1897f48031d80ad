/** SIGTERM at a worker process with calls in flight: what is waited for, what is made again, how soon it ends (G18). */
import { isTaskCall, type SimulatedRequest, withLatency } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const IN_FLIGHT = 8;
const ROUNDS = process.env.LONG === '1' ? 10 : 2;
const GRACE_MS = 5_000;
const CALL_MS = 1_500;
const BARE = { verify: 'off', synthesis: false } as const;

let system: System;
let up: UpProcess | undefined;
beforeAll(async () => {
  system = await startSystem({ worker: false });
});
afterAll(async () => {
  await up?.end('SIGKILL');
  await system.close();
});

const grace = (ms: number) => ({ env: { ORCHESTRATOR_WORKER__SHUTDOWN_GRACE_MS: String(ms) } });
const ids = Array.from({ length: IN_FLIGHT }, (_, at) => `t${at}`);
const PLAN = planOf([...ids.map((id) => task(id)), task('join', ids)]);

/** Starts a goal whose first calls take so long, and waits until all of them are on their way. */
async function inFlight(latencyMs: (request: SimulatedRequest) => number): Promise<string> {
  system.simulator.requests.reset();
  const reply = (request: SimulatedRequest) => withLatency(latencyMs(request), computed(request));
  const goalId = await system.start(computing({ when: isTaskCall(), reply }), { ...BARE, plan: PLAN });
  await until(() => system.simulator.requests.inFlight >= IN_FLIGHT, `${IN_FLIGHT} calls in flight`);
  return goalId;
}

/** Ends the process by SIGTERM; gives its exit code and how long it took, ms. */
async function endBySigterm(): Promise<{ code: number | null; ms: number }> {
  const startedAt = performance.now();
  const code = (await up?.end('SIGTERM')) ?? null;
  return { code, ms: Math.round(performance.now() - startedAt) };
}

/** A minute at first, then soon; what joins them comes at once. */
const slowAtFirst = ({ attempt, prompt }: SimulatedRequest) =>
  attempt === 1 && prompt.taskId !== 'join' ? 60_000 : 10;

const requestCounts = () => [...system.simulator.requests.countByKey().values()];

describe('SIGTERM', () => {
  it(
    `with ${IN_FLIGHT} short calls in flight, ${ROUNDS} times → all are waited for, none is made again (G18)`,
    async () => {
      const ends: number[] = [];
      let repeated = 0;
      up = await startUp(system, 'sk-ant-test', grace(GRACE_MS));
      for (let round = 0; round < ROUNDS; round++) {
        const goalId = await inFlight(() => CALL_MS);
        const end = await endBySigterm();
        ends.push(end.ms);
        expect(end.code).toBe(0);
        expect(requestCounts()).toHaveLength(IN_FLIGHT);
        up = await startUp(system, 'sk-ant-test', grace(GRACE_MS));
        expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
        expect(requestCounts()).toHaveLength(IN_FLIGHT + 1);
        repeated += requestCounts().reduce((sum, count) => sum + count - 1, 0);
      }
      process.stdout.write(
        `${ROUNDS} × SIGTERM, ${IN_FLIGHT} calls of ${CALL_MS} ms: ${repeated} repeated, exits after ${ends.join(', ')} ms\n`,
      );
      expect(repeated).toBe(0);
      expect(Math.max(...ends)).toBeLessThanOrEqual(GRACE_MS + 5_000);
    },
    180_000 + ROUNDS * 20_000,
  );

  it('with calls longer than the grace → aborted, ended within 5 s more, made again by the next (G18)', async () => {
    await up?.end('SIGTERM');
    up = await startUp(system, 'sk-ant-test', grace(1_000));
    const goalId = await inFlight(slowAtFirst);
    const { code, ms } = await endBySigterm();
    expect(system.simulator.requests.inFlight).toBe(0);
    process.stdout.write(`grace 1,000 ms, calls of a minute: exit after ${ms} ms\n`);
    expect(code).toBe(0);
    expect(ms).toBeGreaterThanOrEqual(1_000);
    expect(ms).toBeLessThanOrEqual(6_000);
    up = await startUp(system, 'sk-ant-test', grace(120_000));
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(requestCounts().sort()).toEqual([1, ...ids.map(() => 2)]);
  });

  it('a second one while calls are waited for → ends at once, the calls are made again by the next', async () => {
    const goalId = await inFlight(slowAtFirst);
    const startedAt = performance.now();
    // One within half a second of the first would be taken for the same one.
    const impatient = setInterval(() => up?.signal('SIGTERM'), 700);
    expect(await up?.end('SIGTERM')).toBe(130);
    clearInterval(impatient);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    up = await startUp(system, 'sk-ant-test');
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(requestCounts().sort()).toEqual([1, ...ids.map(() => 2)]);
    await up.end('SIGTERM');
  });

  // Temporal's SDK takes both for a wish to end its worker alone.
  it.each<[NodeJS.Signals, number | null]>([
    ['SIGQUIT', 0],
    ['SIGUSR2', null],
  ])('%s instead → nothing is left of the process, code %s', async (signal, code) => {
    up = await startUp(system, 'sk-ant-test');
    expect(await up.end(signal)).toBe(code);
  });

  leavesSoundHistories(() => system);
});
