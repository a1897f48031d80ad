/** Cancelling at random points of goals in all phases: what is still sent, what is shown, what is left (G9). */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isPlanCall,
  isSynthesisCall,
  isTaskCall,
  json,
  type Rule,
  type SimulatedRequest,
  text,
  toolUse,
  withLatency,
} from '../../src/simulator/index.ts';
import { PATIENCE_MS, until } from '../support/until.ts';
import { computed, computing, planOf, random, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const GOALS = process.env.LONG === '1' ? 100 : 10;
/** The figure of G9; twice of it where others may use the machine. */
const CLOSED_MS = process.env.LONG === '1' ? 5_000 : 10_000;
/** Goals that run at once: the long form goes in waves of this size. */
const WAVE = 5;
const SEED = 4;
const LATENCY_MS = 150;
let system: System;
beforeAll(async () => {
  system = await startSystem({ simulator: { latencyMs: LATENCY_MS } });
});
afterAll(() => system.close());

/** Fourteen tasks in a row with one beside each: longer than any cancel of these tests comes. */
const long = planOf(
  Array.from({ length: 14 }, (_, at) => at).flatMap((at) => [
    task(`t${at}`, at === 0 ? [] : [`t${at - 1}`]),
    task(`s${at}`, at === 0 ? [] : [`t${at - 1}`]),
  ]),
);

/** Every task first writes a file, so that some cancels meet a tool. */
const withTools: Rule = {
  when: isTaskCall(),
  reply: (request: SimulatedRequest) =>
    request.prompt.turnsSoFar === 0
      ? toolUse('write_file', { path: `${request.prompt.taskId}.txt`, content: 'x' })
      : computed(request),
};
const slowSynthesis: Rule = { when: isSynthesisCall, reply: withLatency(10_000, text('too late')) };

/** Goals that are planned, run, use tools or are written up when the cancel comes. */
const KINDS = [
  () => system.start(computing(withTools), { plan: long, budgetUsd: 50 }),
  () => system.start(computing({ when: isPlanCall, reply: withLatency(600, json(long)) })),
  () => system.start(computing(slowSynthesis), { plan: planOf([task('a')]), synthesis: true }),
] as const;

/** Statuses seen until the goal has ended. */
async function statusesToEnd(goalId: string): Promise<string[]> {
  const seen: string[] = [];
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
    const { status } = await system.client.status(goalId);
    if (seen.at(-1) !== status) seen.push(status);
    if (status === 'cancelled') return seen;
  }
  throw new Error(`not ended: ${seen.join(', ')}`);
}

async function cancelAfter(goalId: string, delayMs: number) {
  await sleep(delayMs);
  await system.client.cancel(goalId);
  const returnedAt = Date.now();
  const statuses = await statusesToEnd(goalId);
  return { goalId, returnedAt, statuses, closedMs: Date.now() - returnedAt };
}

async function firstRequest(goalId: string): Promise<void> {
  const sent = () => [...system.simulator.requests.countByKey().keys()].some((key) => key.startsWith(`${goalId}/`));
  await until(sent, 'a first request');
}

/** Time of a goal's last request after its cancel was confirmed; negative when it was before. */
function latestRequestMs({ goalId, returnedAt }: { goalId: string; returnedAt: number }): number {
  const own = system.simulator.requests.list().filter(({ key }) => key.startsWith(`${goalId}/`));
  return Math.max(Number.NEGATIVE_INFINITY, ...own.map(({ at }) => at - returnedAt));
}

/** The highest but 1 %; of fewer than 100 the highest. */
function p99(values: readonly number[]): number {
  const rising = [...values].sort((a, b) => a - b);
  return rising[Math.ceil(rising.length * 0.99) - 1] ?? Number.NaN;
}

/** The clean-up ran: every task has its end, the workflow is closed with nothing pending, no money is held. */
async function expectCleanedUp(goalId: string): Promise<void> {
  const { census, tasks } = await system.client.show(goalId);
  expect(census?.tasks.cancelled).toBe((census?.tasks.total ?? 0) - (census?.tasks.done ?? 0));
  expect(tasks.filter(({ status }) => status !== 'done' && status !== 'cancelled')).toEqual([]);
  await expect(system.client.cancel(goalId)).rejects.toMatchObject({ code: 'goal.closed' });
  const handle = system.temporal.workflow.getHandle(`goal-${goalId}`);
  // The result is there a moment before the workflow ends.
  const { raw, status } = await until(async () => {
    const now = await handle.describe();
    return now.status.name !== 'RUNNING' && now;
  }, 'its workflow ends');
  expect([status.name, raw.pendingActivities?.length ?? 0]).toEqual(['CANCELLED', 0]);
  expect(await system.rows('select 1 from orchestrator.budget_reservations where goal_id = $1', [goalId])).toEqual([]);
}

describe('cancel', () => {
  it(
    `${GOALS} goals at random points → cancelling until cancelled, nothing sent 2 s later, all closed (G9)`,
    async () => {
      const next = random(SEED);
      const ends: Awaited<ReturnType<typeof cancelAfter>>[] = [];
      for (let first = 0; first < GOALS; first += WAVE) {
        const wave = Array.from({ length: WAVE }, async (_, at) => {
          const delayMs = Math.floor(next() * 1_500);
          const goalId = (await KINDS[(first + at) % KINDS.length]?.()) ?? '';
          // Some before anything was sent, most while calls are on their way.
          if (at % WAVE !== 0) await firstRequest(goalId);
          return cancelAfter(goalId, delayMs);
        });
        ends.push(...(await Promise.all(wave)));
      }
      const latest = ends.map(latestRequestMs);
      const closed = ends.map(({ closedMs }) => closedMs);
      process.stdout.write(
        `cancel of ${GOALS} goals: latest request p99 ${p99(latest)} ms after, closed p99 ${p99(closed)} ms after\n`,
      );
      expect(latest.filter((ms) => ms > Number.NEGATIVE_INFINITY).length).toBeGreaterThan(GOALS / 2);
      expect(p99(latest)).toBeLessThan(2_000);
      expect(p99(closed)).toBeLessThan(CLOSED_MS);
      for (const { statuses } of ends) expect(['cancelling,cancelled', 'cancelled']).toContain(statuses.join());
      expect(system.simulator.requests.inFlight).toBe(0);
      for (const { goalId } of ends) await expectCleanedUp(goalId);
    },
    180_000 + GOALS * 2_000,
  );

  it('at once after the start, while it opens → cancelled, nothing left waiting', async () => {
    const goalId = await system.start(computing(), { plan: long });
    await system.client.cancel(goalId);
    expect(await system.result(goalId)).toMatchObject({ status: 'cancelled' });
    await expectCleanedUp(goalId);
  });

  it('twice → the second changes nothing', async () => {
    const goalId = await system.start(computing(), { plan: long });
    await Promise.all([system.client.cancel(goalId), system.client.cancel(goalId).catch(() => undefined)]);
    expect(await system.result(goalId)).toMatchObject({ status: 'cancelled' });
  });

  leavesSoundHistories(() => system);
});
