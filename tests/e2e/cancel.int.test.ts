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
import { computed, computing, planOf, random, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const GOALS = 10;
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
  () => system.start(computing(withTools), { plan: long }),
  () => system.start(computing({ when: isPlanCall, reply: withLatency(600, json(long)) })),
  () => system.start(computing(slowSynthesis), { plan: planOf([task('a')]), synthesis: true }),
] as const;

/** Statuses seen until the goal has ended. */
async function statusesToEnd(goalId: string): Promise<string[]> {
  const seen: string[] = [];
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(10)) {
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

describe('cancel', () => {
  it(`${GOALS} goals at random points → cancelling until cancelled, nothing sent 2 s later, all closed (G9)`, async () => {
    const next = random(SEED);
    const ends = await Promise.all(
      Array.from({ length: GOALS }, async (_, at) => {
        const delayMs = Math.floor(next() * 1_500);
        const goalId = await KINDS[at % KINDS.length]?.();
        return cancelAfter(goalId ?? '', delayMs);
      }),
    );
    const requests = system.simulator.requests.list();
    const latest = ends.map(({ goalId, returnedAt }) => {
      const own = requests.filter(({ key }) => key.startsWith(`${goalId}/`)).map(({ at }) => at - returnedAt);
      return Math.max(Number.NEGATIVE_INFINITY, ...own);
    });
    const closed = Math.max(...ends.map(({ closedMs }) => closedMs));
    process.stdout.write(
      `cancel: latest request ${Math.max(...latest)} ms after, last goal closed ${closed} ms after\n`,
    );
    for (const ms of latest) expect(ms).toBeLessThan(2_000);
    for (const { statuses } of ends) expect(['cancelling,cancelled', 'cancelled']).toContain(statuses.join());
    expect(system.simulator.requests.inFlight).toBe(0);
    for (const { goalId } of ends) {
      const { census, tasks } = await system.client.show(goalId);
      expect(census?.tasks.cancelled).toBe((census?.tasks.total ?? 0) - (census?.tasks.done ?? 0));
      expect(tasks.filter(({ status }) => status !== 'done' && status !== 'cancelled')).toEqual([]);
      await expect(system.client.cancel(goalId)).rejects.toMatchObject({ code: 'goal.closed' });
    }
  });

  it('at once after the start, while it opens → cancelled, nothing left waiting', async () => {
    const goalId = await system.start(computing(), { plan: long });
    await system.client.cancel(goalId);
    expect(await system.result(goalId)).toMatchObject({ status: 'cancelled' });
    const { tasks } = await system.client.show(goalId);
    expect(tasks.filter(({ status }) => status !== 'cancelled')).toEqual([]);
  });

  it('twice → the second changes nothing', async () => {
    const goalId = await system.start(computing(), { plan: long });
    await Promise.all([system.client.cancel(goalId), system.client.cancel(goalId).catch(() => undefined)]);
    expect(await system.result(goalId)).toMatchObject({ status: 'cancelled' });
  });

  leavesSoundHistories(() => system);
});
