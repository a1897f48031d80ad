/** Events: numbers, the read model, watching, live text. */
import pg from 'pg';
import type { GoalEvent } from '../../src/core/events.ts';
import { goalChannel } from '../../src/store/channel.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { NewEvent } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { CENSUS, callId, finishedCall, newGoal, TENANT } from './samples.ts';
import { describeStore, execute } from './servers.ts';

const fallback = (members: Partial<NewEvent> = {}): NewEvent => ({ type: 'fallback', data: {}, ...members });
const seqs = (events: readonly GoalEvent[]) => events.map((event) => event.seq);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describeStore('events', (context) => {
  it('append: 50 at once from two processes’ pools → contiguous numbers (G20)', async () => {
    const goalId = await newGoal(context.store);
    const other = await openStore({ connection: context.connection, poolSize: 10 });
    await Promise.all(
      upTo(50).map((i) => (i % 2 ? context.store : other).events.append(TENANT, goalId, [fallback(), fallback()])),
    );
    await other.close();
    expect(seqs(await context.store.events.read(TENANT, goalId, 0))).toEqual(upTo(100));
  });

  it('append: workflow events again, in part and out of order, at once → each once, no number spent', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const batch = (...numbers: number[]) =>
      store.events.append(
        TENANT,
        goalId,
        numbers.map((number) => fallback({ number, data: { number } })),
      );
    await Promise.all([batch(4, 5), batch(4, 5), batch(5, 6)]);
    await batch(0, 4);
    await store.events.append(TENANT, goalId, [fallback()]);
    const events = await store.events.read(TENANT, goalId, 0);
    expect(seqs(events)).toEqual(upTo(5));
    expect(events.map((event) => event.data.number ?? null).sort()).toEqual([0, 4, 5, 6, null]);
  });

  it('append: a workflow task that was lost had told otherwise → what was told later under the number holds, in any order (G10)', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const decided = (by: string, atMs: number): NewEvent => ({
      type: 'approval-decided',
      data: { by },
      number: 1,
      atMs,
    });
    const byWhom = async () => (await store.events.read(TENANT, goalId, 0)).map(({ data }) => data.by ?? null);
    await store.events.append(TENANT, goalId, [decided('ada', 1_000)]);
    await store.events.append(TENANT, goalId, [decided('bob', 2_000), fallback({ number: 2, atMs: 2_000 })]);
    expect(await byWhom()).toEqual(['bob', null]);
    await store.events.append(TENANT, goalId, [decided('ada', 1_000)]);
    await store.events.append(TENANT, goalId, [decided('bob', 3_000)]);
    const events = await store.events.read(TENANT, goalId, 0);
    expect(seqs(events)).toEqual(upTo(2));
    expect(await byWhom()).toEqual(['bob', null]);
    expect(new Date(events[0]?.at ?? 0).getTime()).toBe(2_000);
  });

  it('append: after the end → not told, the end stays the last event', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const end = { type: 'goal-end', data: { status: 'partial' } } as const;
    await store.goals.close({ goalId, tenant: TENANT, status: 'partial', census: CENSUS, events: [end] });
    await store.events.append(TENANT, goalId, [fallback(), fallback({ number: 9 })]);
    expect((await store.events.read(TENANT, goalId, 0)).map(({ type }) => type)).toEqual(['goal-end']);
  });

  it('append: what is told anew moves the goal and its tasks as well', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const waits = (awaiting: string, atMs: number): NewEvent => ({
      type: 'awaiting',
      data: { awaiting },
      number: 1,
      atMs,
    });
    const shown = async () =>
      (await execute(context.connection, `select awaiting from orchestrator.goals where goal_id = '${goalId}'`))[0];
    await store.events.append(TENANT, goalId, [waits('plan', 1_000)]);
    await store.events.append(TENANT, goalId, [waits('budget', 2_000)]);
    expect(await shown()).toEqual({ awaiting: 'budget' });
    await store.events.append(TENANT, goalId, [waits('plan', 1_500)]);
    expect(await shown()).toEqual({ awaiting: 'budget' });
  });

  it('append: an unknown goal or another tenant’s → goal.not-found; no events → nothing', async () => {
    const goalId = await newGoal(context.store);
    await expect(context.store.events.append('other', goalId, [fallback()])).rejects.toMatchObject({
      type: 'goal.not-found',
    });
    await context.store.events.append('other', goalId, []);
    await expect(context.store.events.read('other', goalId, 0)).resolves.toEqual([]);
  });

  it('read: after a number and up to a limit → that part, in order, with the workflow’s time', async () => {
    const goalId = await newGoal(context.store);
    const atMs = Date.UTC(2030, 0, 2);
    await context.store.events.append(
      TENANT,
      goalId,
      [1, 2, 3, 4].map((n) => fallback({ data: { n }, atMs, taskId: 'a' })),
    );
    const [event, ...rest] = await context.store.events.read(TENANT, goalId, 1, 2);
    expect(event).toEqual({
      seq: 2,
      goalId,
      type: 'fallback',
      at: '2030-01-02T00:00:00.000Z',
      taskId: 'a',
      data: { n: 2 },
    });
    expect(seqs(rest)).toEqual([3]);
  });

  it('read model: the course of a goal → states, times and reasons follow', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const after = async (...events: NewEvent[]) => {
      await store.events.append(TENANT, goalId, events);
      const detail = await store.goals.detail(TENANT, goalId);
      return { goal: detail, a: detail?.tasks[0], b: detail?.tasks[1] };
    };
    const atMs = Date.UTC(2030, 0, 2);
    expect((await after({ type: 'goal-start', data: {}, atMs })).goal).toMatchObject({
      status: 'planning',
      startedAt: '2030-01-02T00:00:00.000Z',
    });
    expect((await after({ type: 'plan-ready', data: {} })).goal?.status).toBe('running');
    const awaiting = { type: 'awaiting' as const, data: { awaiting: 'credentials', reason: 'bad key' } };
    expect((await after(awaiting)).goal).toMatchObject({ awaiting: 'credentials', reason: 'bad key' });
    expect((await after({ type: 'awaiting-end', data: {} })).goal).toMatchObject({ awaiting: null, reason: null });
    expect((await after({ type: 'task-start', taskId: 'a', data: { revision: 0 }, atMs })).a).toMatchObject({
      status: 'running',
      startedAt: '2030-01-02T00:00:00.000Z',
      endedAt: null,
    });
    const failed = {
      type: 'task-end' as const,
      taskId: 'a',
      data: { status: 'failed', reason: 'broke' },
      atMs: atMs + 1,
    };
    expect((await after(failed)).a).toMatchObject({
      status: 'failed',
      reason: 'broke',
      endedAt: '2030-01-02T00:00:00.001Z',
    });
    expect((await after({ type: 'task-retry', taskId: 'a', data: { reason: 'again' } })).a).toMatchObject({
      status: 'ready',
      reason: 'again',
      endedAt: null,
    });
    const both = await after(
      { type: 'task-start', taskId: 'a', data: { revision: 1 } },
      { type: 'task-check', taskId: 'a', data: { passed: true } },
      { type: 'task-end', taskId: 'a', data: { status: 'done' } },
      { type: 'task-end', taskId: 'b', data: { status: 'skipped' } },
    );
    expect(both.a).toMatchObject({ status: 'done', reason: null, revision: 1, startedAt: '2030-01-02T00:00:00.000Z' });
    expect(both.a?.endedAt).not.toBeNull();
    expect(both.b).toMatchObject({ status: 'skipped', startedAt: null });
    expect((await after({ type: 'task-check', taskId: 'b', data: { passed: false } })).b?.status).toBe('running');
    expect((await after({ type: 'synthesis-start', data: {} })).goal?.status).toBe('synthesising');
    expect((await after({ type: 'deliverable-ready', data: {} })).goal?.status).toBe('verifying');
    expect((await after({ type: 'cancelling', data: {} })).goal?.status).toBe('cancelling');
    expect((await after({ type: 'plan-ready', data: {} })).goal?.status).toBe('cancelling');
  });
});

describeStore('watch', (context) => {
  /** Watches until the end in the background; `seen` grows. */
  function watching(goalId: string, afterSeq = 0) {
    const seen: GoalEvent[] = [];
    const waiters: { count: number; done: () => void }[] = [];
    const all = (async () => {
      for await (const event of context.store.events.watch(TENANT, goalId, { afterSeq })) {
        seen.push(event);
        for (const waiter of waiters) if (seen.length >= waiter.count) waiter.done();
      }
      return seen;
    })();
    const until = (count: number) =>
      new Promise<void>((done) => (seen.length >= count ? done() : waiters.push({ count, done })));
    return { seen, all, until };
  }
  const end = (goalId: string) => context.store.events.append(TENANT, goalId, [{ type: 'goal-end', data: {} }]);

  it('watch: stored, then live events → all once, in order, ends after goal-end (G20)', async () => {
    const goalId = await newGoal(context.store);
    await context.store.events.append(
      TENANT,
      goalId,
      upTo(3).map(() => fallback()),
    );
    const watch = watching(goalId, 1);
    await watch.until(2);
    for (let i = 0; i < 20; i++) await context.store.events.append(TENANT, goalId, [fallback()]);
    await end(goalId);
    expect(seqs(await watch.all)).toEqual(upTo(24).slice(1));
  });

  it('watch: a finished goal, all of it seen → ends at once', async () => {
    const goalId = await newGoal(context.store);
    await end(goalId);
    expect(seqs(await watching(goalId).all)).toEqual([1]);
    expect(await watching(goalId, 1).all).toEqual([]);
  });

  it('watch: another tenant’s goal → goal.not-found, no live text', async () => {
    const goalId = await newGoal(context.store);
    const stream = context.store.events.watch('other', goalId)[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ type: 'goal.not-found' });
  });

  it('watch: the signal → ends while waiting', async () => {
    const goalId = await newGoal(context.store);
    const abort = new AbortController();
    const stream = context.store.events.watch(TENANT, goalId, { signal: abort.signal })[Symbol.asyncIterator]();
    const next = stream.next();
    abort.abort();
    await expect(next).resolves.toEqual({ value: undefined, done: true });
  });

  it('watch: the listening connection and all others cut while events come → none lost, none doubled (G19)', async () => {
    const goalId = await newGoal(context.store);
    await context.store.events.append(TENANT, goalId, [fallback()]);
    const watch = watching(goalId);
    await watch.until(1);
    await execute(
      context.connection,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const writer = await openStore({ connection: context.connection });
    for (let i = 0; i < 5; i++) await writer.events.append(TENANT, goalId, [fallback()]);
    await watch.until(6);
    await writer.events.append(TENANT, goalId, [{ type: 'goal-end', data: {} }]);
    await writer.close();
    expect(seqs(await watch.all)).toEqual(upTo(7));
  });

  it('ended: a goal that goes on → waits; closed, or closed before → resolves; the signal → resolves', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const order: string[] = [];
    const waiting = store.events.ended(TENANT, goalId).finally(() => order.push('ended'));
    const abort = new AbortController();
    const given = store.events.ended(TENANT, goalId, abort.signal).finally(() => order.push('given up'));
    await store.events.append(TENANT, goalId, [fallback()]);
    abort.abort();
    expect(await given).toBeUndefined();
    const deliverable = new TextEncoder().encode('All of it, ünd more.');
    const close = { goalId, tenant: TENANT, status: 'partial' as const, census: CENSUS, events: [], deliverable };
    await store.goals.close({ ...close, reason: 'for a reason' });
    const ended = {
      ...{ goalId, status: 'partial', reason: 'for a reason', deliverable: 'All of it, ünd more.' },
      ...{ census: CENSUS, criteria: [] },
    };
    expect(await waiting).toEqual(ended);
    expect(order).toEqual(['given up', 'ended']);
    expect(await store.events.ended(TENANT, goalId)).toEqual(ended);
    await expect(store.events.ended('other', goalId)).rejects.toMatchObject({ type: 'goal.not-found' });
  });

  it('publishDelta: live text → arrives with number 0, is not stored; too long is cut between characters', async () => {
    const goalId = await newGoal(context.store);
    await context.store.events.append(TENANT, goalId, [fallback()]);
    const watch = watching(goalId);
    await watch.until(1);
    const publish = (text: string) => context.store.events.publishDelta(goalId, 'a', text);
    // Listening may begin after the first read: repeated until one is heard.
    while (watch.seen.length < 2) await publish('Grüße\u0000');
    const before = watch.seen.length;
    await publish('👋"\\'.repeat(4_000));
    await watch.until(before + 1);
    await end(goalId);
    await watch.all;
    const [short, ...rest] = watch.seen.filter((event) => event.type === 'text-delta');
    expect(short).toMatchObject({ seq: 0, goalId, taskId: 'a', data: { text: 'Grüße\ufffd' } });
    const long = String(rest.at(-1)?.data.text);
    expect(long.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(long))).toBeGreaterThan(5_000);
    expect(Buffer.byteLength(JSON.stringify(long))).toBeLessThan(7_000);
    expect(seqs(await context.store.events.read(TENANT, goalId, 0))).toEqual([1, 2]);
  });

  it('record: the last live text of a call → told with the record and before it, and not stored', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const told: unknown[] = [];
    const listening = new pg.Client(clientConfig(context.connection, 'store-tests'));
    listening.on('notification', ({ payload = '' }) => told.push(JSON.parse(payload)));
    await listening.connect();
    await listening.query(`listen "${goalChannel(goalId)}"`);
    const call = finishedCall(callId(goalId), { liveText: 'the end\u0000' });
    await store.journal.record(call);
    await store.journal.record({ ...call, id: callId(goalId, { turn: 2 }), liveText: '' });
    await until(() => told.length >= 3);
    await listening.end();
    expect(told).toEqual([{ task: 'a', text: 'the end\ufffd' }, {}, {}]);
    const stored = await store.events.read(TENANT, goalId, 0);
    expect(stored.map(({ type }) => type)).toEqual(['turn-end', 'turn-end']);
  });
});
