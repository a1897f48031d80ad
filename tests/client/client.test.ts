/** The client over an in-memory store and Temporal port. */
import { createClient } from '../../src/client/orchestrator-client.ts';
import type { GoalRequest } from '../../src/core/goal.ts';
import { isGoalId, newGoalId } from '../../src/core/ids.ts';
import { CENSUS, fakeParts, goalDetail } from './fake-parts.ts';

function setUp() {
  const parts = fakeParts();
  return { parts, client: createClient(parts) };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );
}

describe('client start', () => {
  it('start: a goal → stored, then given to Temporal without its text', async () => {
    const { parts, client } = setUp();
    const { goalId, created } = await client.start({ text: `${'long '.repeat(100)}end`, tags: ['demo'] });
    expect(created).toBe(true);
    expect(isGoalId(goalId)).toBe(true);
    expect(parts.workflows.started).toHaveLength(1);
    const { label, ...rest } = parts.workflows.started[0] ?? { label: '' };
    expect(rest).toEqual({ goalId, tenant: 'default', tags: ['demo'], priority: 3 });
    expect(Buffer.byteLength(label)).toBeLessThanOrEqual(200);
  });

  it('G12 start: 5 MB → refused; neither store nor Temporal has seen it', async () => {
    const { parts, client } = setUp();
    expect(await codeOf(client.start({ text: 'x'.repeat(5_000_000) }))).toBe('goal.too-large');
    expect(parts.goals.size).toBe(0);
    expect(parts.workflows.started).toEqual([]);
  });

  it('start: 31 same key and body, running and finished → the same goal, started once', async () => {
    const { parts, client } = setUp();
    const first = await client.start({ text: 'x', idempotencyKey: 'k' });
    expect(await client.start({ text: 'x', idempotencyKey: 'k' })).toEqual({ goalId: first.goalId, created: false });
    parts.end(first.goalId, 'completed');
    expect(await client.start({ text: 'x', idempotencyKey: 'k' })).toEqual({ goalId: first.goalId, created: false });
    expect(parts.workflows.started).toHaveLength(1);
    expect((await client.result(first.goalId)).status).toBe('completed');
  });

  it('start: 31 same key, other body → goal.idempotency-conflict', async () => {
    const { client } = setUp();
    await client.start({ text: 'x', idempotencyKey: 'k' });
    expect(await codeOf(client.start({ text: 'y', idempotencyKey: 'k' }))).toBe('goal.idempotency-conflict');
  });

  it('start: 32 two at once with one key → one goal', async () => {
    const { parts, client } = setUp();
    const request = { text: 'x', idempotencyKey: 'k' };
    const both = await Promise.all([client.start(request), client.start(request)]);
    expect(new Set(both.map((each) => each.goalId)).size).toBe(1);
    expect(both.map((each) => each.created).sort()).toEqual([false, true]);
    expect(parts.workflows.started).toHaveLength(1);
  });

  it('start: Temporal out of reach → temporal.unavailable with the stored goal; repeat and reconcile start it', async () => {
    const { parts, client } = setUp();
    const { start } = parts.workflows;
    parts.workflows.start = () => Promise.reject(new Error('14 UNAVAILABLE'));
    const error = await client.start({ text: 'x', idempotencyKey: 'k' }).catch((caught: unknown) => caught);
    const [goalId] = [...parts.goals.keys()];
    expect(error).toMatchObject({ code: 'temporal.unavailable', facts: { goalId } });
    parts.workflows.start = start;
    expect(await client.reconcile()).toEqual([goalId]);
    expect(await client.start({ text: 'x', idempotencyKey: 'k' })).toEqual({ goalId, created: false });
    expect(parts.workflows.started).toHaveLength(1);
    expect(await client.reconcile()).toEqual([]);
  });
});

describe('client reconcile', () => {
  const scheduled = { scheduleId: 'weekly', scheduledAt: '2026-11-20T10:00:00.000Z', late: false };
  const old = '2026-11-20T10:00:00.000Z';

  it.each([
    ['its tick runs', { createdAt: old, runs: true }, 'queued'],
    ['its tick is over', { createdAt: old, runs: false }, 'cancelled'],
    ['it was made a moment ago', { createdAt: new Date().toISOString(), runs: false }, 'queued'],
  ])(
    'a goal of a schedule that has not begun, %s → never started by us; closed when nobody will',
    async (...[, { createdAt, runs }, status]) => {
      const { parts, client } = setUp();
      const asked: unknown[] = [];
      parts.schedules.tickRuns = async (...args) => {
        asked.push(args);
        return runs;
      };
      const detail = goalDetail('g1', { scheduled, createdAt });
      parts.goals.set('g1', { detail, request: { text: 'x' } as GoalRequest, events: [] });
      expect(await client.reconcile()).toEqual([]);
      expect(parts.workflows.started).toEqual([]);
      expect(parts.goals.get('g1')?.detail.status).toBe(status);
      if (status === 'cancelled') expect(parts.goals.get('g1')?.detail.reason).toMatch(/tick was ended/);
      if (createdAt === old) expect(asked).toEqual([['default', 'weekly', new Date(Date.parse(old) + 5_000)]]);
    },
  );

  it('its tick is over but the goal has reached Temporal → cancelled there, not closed here', async () => {
    const { parts, client } = setUp();
    parts.schedules.tickRuns = async () => false;
    parts.goals.set('g1', {
      detail: goalDetail('g1', { scheduled, createdAt: old }),
      request: { text: 'x' } as GoalRequest,
      events: [],
    });
    parts.workflows.open.add('g1');
    await client.reconcile();
    expect(parts.workflows.sent).toEqual(['cancel g1']);
    expect(parts.goals.get('g1')?.detail.status).toBe('queued');
  });
});

describe('client reading', () => {
  it('result: goal ends while waiting → result with census', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    const waiting = client.result(goalId);
    parts.emit(goalId, { type: 'goal-start' });
    parts.end(goalId, 'partial');
    expect(await waiting).toMatchObject({ goalId, status: 'partial', deliverable: 'the deliverable', census: CENSUS });
  });

  it('result: aborted → rejects with the reason, and can be asked again', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    const abort = new AbortController();
    const waiting = client.result(goalId, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    parts.end(goalId, 'failed');
    expect((await client.result(goalId)).status).toBe('failed');
  });

  it('watch: running goal from a sequence number → what comes after it, to the end', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    parts.emit(goalId, { type: 'goal-start' }, { type: 'plan-ready' }, { type: 'text-delta', seq: 0 });
    const types: string[] = [];
    for await (const event of client.watch(goalId, { afterSeq: 1 })) {
      types.push(event.type);
      if (event.type === 'text-delta') parts.end(goalId, 'completed');
    }
    expect(types).toEqual(['plan-ready', 'text-delta', 'goal-end']);
    expect(parts.workflows.sent).toEqual([]);
  });

  it('watch: finished goal → its stored events, then the end; nothing when all were read', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    parts.emit(goalId, { type: 'goal-start' });
    parts.end(goalId, 'completed');
    const read = async (afterSeq: number) => {
      const types: string[] = [];
      for await (const event of client.watch(goalId, { afterSeq })) types.push(event.type);
      return types;
    };
    expect(await read(0)).toEqual(['goal-start', 'goal-end']);
    expect(await read(2)).toEqual([]);
  });

  it('status: tasks in several states → counts and running ones', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    const goal = parts.goals.get(goalId);
    if (!goal) throw new Error('no goal');
    const task = { title: 't', agent: 'writer', agentReason: '', tier: 'fast', dependsOn: [], optional: false };
    const blank = { reason: null, summary: null, startedAt: null, endedAt: null, costMicroUsd: 0, modelCalls: 0 };
    const tasks = ['done', 'running', 'checking', 'waiting'].map((status) => ({
      ...task,
      ...blank,
      taskId: `task-${status}`,
      status,
      revision: 1,
    }));
    goal.detail = { ...goal.detail, status: 'running', awaiting: 'credentials', costMicroUsd: 7, tasks };
    expect(await client.status(goalId)).toMatchObject({
      goalId,
      status: 'running',
      awaiting: 'credentials',
      counts: { done: 1, running: 1, checking: 1, waiting: 1, failed: 0 },
      running: ['task-running', 'task-checking'],
      costMicroUsd: 7,
    });
  });

  it.each(['../x', 'a%00', '', 'x'.repeat(10_000), newGoalId()])(
    'show: 39 unknown id %p → goal.not-found',
    async (id) => {
      const { client } = setUp();
      const error = await client.show(id).catch((caught: Error) => caught);
      expect(error).toMatchObject({ code: 'goal.not-found' });
      expect((error as Error).message.length).toBeLessThan(200);
    },
  );

  it('show: 39 a goal of another tenant → goal.not-found', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    const other = createClient({ ...parts, tenant: 'other' });
    expect(await codeOf(other.show(goalId))).toBe('goal.not-found');
    expect(await codeOf(other.cancel(goalId))).toBe('goal.not-found');
  });

  it.each([
    [{ limit: 1e9 }, 'limit'],
    [{ limit: 0 }, 'limit'],
    [{ before: 'forged' }, 'before'],
    [{ tag: 'No good' }, 'tag'],
    [{ status: ['odd'] }, 'status[0]'],
    [{ colour: 'red' }, 'colour'],
  ])('list: 38 filter %j → goal.invalid naming the field', async (filter, path) => {
    const { client } = setUp();
    const error = await client.list(filter as never).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'goal.invalid', facts: { problems: [{ path }] } });
  });
});

describe('client control', () => {
  it('cancel: running goal → Temporal told, status reads cancelling', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    await client.cancel(goalId);
    expect(parts.workflows.sent).toEqual([`cancel ${goalId}`]);
    expect((await client.status(goalId)).status).toBe('cancelling');
  });

  it('cancel and resume: 37 ended goal → goal.closed, nothing sent', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    parts.end(goalId, 'completed');
    expect(await codeOf(client.cancel(goalId))).toBe('goal.closed');
    expect(await codeOf(client.resume(goalId))).toBe('goal.closed');
    expect(parts.workflows.sent).toEqual([]);
    expect((await client.show(goalId)).status).toBe('completed');
  });

  it('cancel: Temporal out of reach → the error, and the status as it was', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    parts.workflows.cancel = () => Promise.reject(new Error('unreachable'));
    await expect(client.cancel(goalId)).rejects.toThrow('unreachable');
    expect((await client.status(goalId)).status).toBe('queued');
  });

  it('cancel: workflow lost while the store has the goal open → closed in the store as cancelled', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    await parts.store.goals.setStatus('default', goalId, 'running');
    parts.workflows.open.delete(goalId);
    await client.cancel(goalId);
    expect(await client.result(goalId)).toMatchObject({
      status: 'cancelled',
      reason: 'Its workflow no longer exists in Temporal.',
      census: { verified: false, fallbacks: ['workflow.lost'] },
    });
  });

  it('raiseBudget: running goal → update sent with its author; no budget, ended, lost → refused', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x', budgetUsd: 1 });
    parts.workflows.answers.set('raiseBudget', { budgetMicroUsd: 2_000_000 });
    expect(await client.raiseBudget(goalId, { budgetUsd: 2 })).toEqual({ budgetMicroUsd: 2_000_000 });
    expect(parts.workflows.sent).toEqual([`raiseBudget [{"budgetUsd":2,"author":"client"}] ${goalId}`]);
    for (const budgetUsd of [0, -1, Number.NaN, 1e9]) {
      await expect(client.raiseBudget(goalId, { budgetUsd })).rejects.toMatchObject({ code: 'budget.invalid' });
    }
    parts.workflows.open.clear();
    await expect(client.raiseBudget(goalId, { budgetUsd: 3 })).rejects.toMatchObject({ code: 'goal.lost' });
    parts.end(goalId, 'partial');
    await expect(client.raiseBudget(goalId, { budgetUsd: 3 })).rejects.toMatchObject({ code: 'goal.closed' });
    expect(parts.workflows.sent).toHaveLength(2);
  });

  it('resume: running goal → signal sent; lost workflow → goal.lost', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    await client.resume(goalId);
    expect(parts.workflows.sent).toEqual([`resume ${goalId}`]);
    await parts.store.goals.setStatus('default', goalId, 'running');
    parts.workflows.open.delete(goalId);
    expect(await codeOf(client.resume(goalId))).toBe('goal.lost');
  });

  it('pause and cancelTask: running goal → told with the author; bad input, ended, lost → refused', async () => {
    const { parts, client } = setUp();
    const { goalId } = await client.start({ text: 'x' });
    await client.pause(goalId, { author: 'ada' });
    parts.workflows.answers.set('cancelTask', { state: 'cancelling' });
    expect(await client.cancelTask(goalId, { taskId: 'a', author: 'ada' })).toEqual({ state: 'cancelling' });
    expect(parts.workflows.sent).toEqual([`pause ${goalId}`, `cancelTask [{"taskId":"a","author":"ada"}] ${goalId}`]);
    for (const author of ['', ' ', 'x'.repeat(101)]) {
      expect(await codeOf(client.pause(goalId, { author }))).toBe('control.invalid');
      expect(await codeOf(client.cancelTask(goalId, { taskId: 'a', author }))).toBe('control.invalid');
    }
    await parts.store.goals.setStatus('default', goalId, 'running');
    parts.workflows.open.delete(goalId);
    expect(await codeOf(client.pause(goalId))).toBe('goal.lost');
    parts.end(goalId, 'partial');
    expect(await codeOf(client.cancelTask(goalId, { taskId: 'a' }))).toBe('goal.closed');
  });
});
