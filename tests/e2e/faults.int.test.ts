/** Claude misbehaving for good: how many requests one logical call makes, and what becomes of the goal (G6). */
import {
  apiError,
  cutStream,
  htmlPage,
  isTaskCall,
  overloaded,
  type Rule,
  rateLimited,
  refusal,
  resetStream,
  rules,
  type SimulatedReply,
  spendLimit,
  stallAfterHeaders,
  submit,
  truncatedBody,
  unknownStopReason,
} from '../../src/simulator/index.ts';
import { PATIENCE_MS, until } from '../support/until.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';

const PROBE_MS = 400;
let system: System;
beforeAll(async () => {
  system = await startSystem({ claude: { probeIntervalMs: PROBE_MS, idleTimeoutMs: 1_000 } });
});
afterAll(() => system.close());

/** Requests of each task's first revision, by task. */
function requestsOf(goalId: string): Record<string, number> {
  const counts = [...system.simulator.requests.countByKey()].filter(([key]) => key.startsWith(`${goalId}/`));
  return Object.fromEntries(counts.map(([key, count]) => [key.slice(goalId.length + 1), count]));
}

/** One task for each way to go wrong, none of them tried afresh. */
function plannedFaults(faults: Readonly<Record<string, SimulatedReply>>) {
  const tasks = Object.keys(faults).map((id) => task(id, [], { onFailure: 'skip-dependents' }));
  const answers: Rule[] = Object.entries(faults).map(([id, reply]) => ({ when: isTaskCall(id), reply }));
  return { brain: computing(...answers), request: { plan: planOf([...tasks, task('well')]) } };
}

async function reasonsOf(goalId: string): Promise<Record<string, string | null>> {
  const { tasks } = await system.client.show(goalId);
  return Object.fromEntries(tasks.map(({ taskId, reason }) => [taskId, reason?.split(':', 1)[0] ?? null]));
}

const answer = submit({ output: 'An answer that is never received in full.' });

describe('a call that fails for good', () => {
  it('§3.3-54 -55 -58 -59 -62 -67 500, reset, cut, truncated, stalled, no message → exactly 5 requests each, the rest goes on (G6)', async () => {
    const { brain, request } = plannedFaults({
      'status-500': apiError(500),
      'status-502': htmlPage(502),
      reset: resetStream(answer),
      cut: cutStream(answer),
      truncated: truncatedBody(answer),
      stalled: stallAfterHeaders(answer),
      page: htmlPage(200),
    });
    const goalId = await system.start(brain, request);
    const { status, census } = await system.result(goalId);
    expect(requestsOf(goalId)).toEqual({
      ...{ 'status-500/0/1': 5, 'status-502/0/1': 5, 'reset/0/1': 5, 'cut/0/1': 5, 'truncated/0/1': 5 },
      ...{ 'stalled/0/1': 5, 'page/0/1': 5, 'well/0/1': 1 },
    });
    expect({ status, tasks: census.tasks }).toMatchObject({ status: 'partial', tasks: { done: 1, failed: 7 } });
    const { well, ...failed } = await reasonsOf(goalId);
    expect(new Set(Object.values(failed))).toEqual(new Set(['model.attempts-exhausted']));
    expect(well).toBeNull();
  });

  it('§3.3-41 -45 -46 -48 -52 400, 404, 413, refused, unknown, told not to retry → exactly 1 request, a typed reason (G6)', async () => {
    const { brain, request } = plannedFaults({
      'status-400': apiError(400),
      'status-404': apiError(404),
      'status-413': apiError(413),
      refused: refusal('no'),
      unknown: unknownStopReason('half', 'made_up'),
      'no-retry': apiError(500, { headers: { 'x-should-retry': 'false' } }),
    });
    const goalId = await system.start(brain, request);
    expect(await system.result(goalId)).toMatchObject({ status: 'partial' });
    expect(new Set(Object.values(requestsOf(goalId)))).toEqual(new Set([1]));
    expect(await reasonsOf(goalId)).toEqual({
      'status-400': 'model.bad-request',
      'status-404': 'model.not-found',
      'status-413': 'model.too-large',
      refused: 'refused',
      unknown: 'model.unexpected-response',
      'no-retry': 'model.attempts-exhausted',
      well: null,
    });
  });

  it('a plan call that fails for good → 5 requests, goal failed with the reason (G6)', async () => {
    const goalId = await system.start(rules([{ when: () => true, reply: apiError(500) }]));
    expect(await system.result(goalId)).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^model\.attempts-exhausted/),
    });
    expect(requestsOf(goalId)).toEqual({ '_plan/0/1': 5 });
  });

  it.each([
    ['401', apiError(401)],
    ['403', apiError(403)],
    ['402', apiError(402)],
    ['429 of a spend limit', spendLimit()],
  ])(
    '§3.3-40 -41 -42 %s → 1 request, the goal awaits a person; resumed → the same call, once, and completed (G6)',
    async (_name, reply) => {
      const goalId = await system.start(computing({ when: isTaskCall(), reply, times: 1 }), {
        plan: planOf([task('a')]),
      });
      await awaits(goalId);
      expect(requestsOf(goalId)).toEqual({ 'a/0/1': 1 });
      await system.client.resume(goalId);
      expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
      expect(requestsOf(goalId)).toEqual({ 'a/0/1': 2 });
    },
  );
});

async function awaits(goalId: string): Promise<void> {
  for await (const event of system.client.watch(goalId, { signal: AbortSignal.timeout(PATIENCE_MS) })) {
    if (event.type === 'awaiting') return;
  }
  throw new Error('the goal never awaited anything');
}

describe('a model that is overloaded', () => {
  it('§3.3-44 529 on 12 calls at once → after the first wave one probe per interval, then all are answered (G6)', async () => {
    system.simulator.requests.reset();
    const times: number[] = [];
    const probesAtLeast = 5;
    const storm: Rule = {
      when: () => times.push(Date.now()) <= 12 + probesAtLeast,
      reply: overloaded(),
    };
    const tasks = Array.from({ length: 12 }, (_, at) => task(`t${at}`));
    const goalId = await system.start(computing(storm), { plan: planOf(tasks) });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { modelCalls: 12 } });
    const probes = system.simulator.requests
      .list()
      .filter(({ status }) => status === 529)
      .slice(12);
    expect(probes).toHaveLength(probesAtLeast);
    const spent = (probes.at(-1)?.at ?? 0) - (probes[0]?.at ?? 0);
    // Four intervals lie between five probes; one may have travelled slower than the next.
    expect(spent).toBeGreaterThan((probesAtLeast - 2) * PROBE_MS);
  });

  it.each([
    ['3', '3'],
    ['soon', 'soon'],
    ['0', '0'],
    ['-5', '-5'],
    ['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT'],
    ['1.5', '1.5'],
  ])('§3.3-43 429 with retry-after %s → tried again in a second or a few, completed', async (_name, retryAfter) => {
    const goalId = await system.start(computing({ when: isTaskCall(), reply: rateLimited(retryAfter), times: 1 }), {
      plan: planOf([task('a', [], { tier: 'balanced' })]),
    });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed' });
    expect(requestsOf(goalId)).toEqual({ 'a/0/1': 2 });
  });

  it('§3.3-43 429 with retry-after of a day → next attempt in 5 min, meanwhile a cancel works', async () => {
    const goalId = await system.start(computing({ when: isTaskCall(), reply: rateLimited('86400') }), {
      plan: planOf([task('a', [], { tier: 'deep' })]),
    });
    const nextAttemptMs = await nextAttempt(goalId);
    expect(nextAttemptMs).toBeGreaterThan(240_000);
    expect(nextAttemptMs).toBeLessThan(301_000);
    await system.client.cancel(goalId);
    expect(await system.result(goalId)).toMatchObject({ status: 'cancelled' });
    expect(requestsOf(goalId)).toEqual({ 'a/0/1': 1 });
  });

  leavesSoundHistories(() => system);
});

/** Time until Temporal tries the goal's only pending activity again, ms. */
async function nextAttempt(goalId: string): Promise<number> {
  const at = await until(async () => {
    const { raw } = await system.temporal.workflow.getHandle(`goal-${goalId}`).describe();
    return raw.pendingActivities?.[0]?.nextAttemptScheduleTime?.seconds;
  }, 'a waiting attempt');
  return Number(at) * 1_000 - Date.now();
}
