/** Goals in the store: creation, pinning, views, states, the end. */
import { newGoalId } from '../../src/core/ids.ts';
import { CENSUS, newGoal, plan, SNAPSHOT, TENANT, task } from './samples.ts';
import { describeStore } from './servers.ts';

describeStore('goals', (context) => {
  const create = (goalId: string, text: string, options: { key?: string; tenant?: string } = {}) =>
    context.store.goals.create({
      goalId,
      tenant: options.tenant ?? TENANT,
      request: { text, ...(options.key ? { idempotencyKey: options.key } : {}) },
      simulated: false,
    });

  it('create: same key and body → the first goal, also from 20 at once', async () => {
    const ids = Array.from({ length: 20 }, () => newGoalId());
    const results = await Promise.all(ids.map((id) => create(id, 'one goal', { key: 'key-1' })));
    expect(results.filter((result) => result.created)).toHaveLength(1);
    expect(new Set(results.map((result) => result.goalId)).size).toBe(1);
  });

  it('create: same key, other body → goal.idempotency-conflict; another tenant may use the key', async () => {
    const first = newGoalId();
    await create(first, 'body', { key: 'key-2' });
    await expect(create(newGoalId(), 'other body', { key: 'key-2' })).rejects.toMatchObject({
      type: 'goal.idempotency-conflict',
    });
    await expect(create(newGoalId(), 'other body', { key: 'key-2', tenant: 'other' })).resolves.toMatchObject({
      created: true,
    });
  });

  it('create: the same goal again without a key → found, not doubled', async () => {
    const goalId = newGoalId();
    await expect(create(goalId, 'text')).resolves.toEqual({ goalId, created: true });
    await expect(create(goalId, 'text')).resolves.toEqual({ goalId, created: false });
  });

  it('open: twice with different snapshots → the first is pinned, NUL and all', async () => {
    const goalId = await newGoal(context.store, []);
    const open = (title: string, maxTasks: number) =>
      context.store.goals.open({ goalId, tenant: TENANT, title, snapshot: { ...SNAPSHOT, maxTasks } });
    const first = await open('First', 10);
    await expect(open('Second', 11)).resolves.toEqual(first);
    await expect(context.store.snapshots.get(TENANT, first.snapshot)).resolves.toEqual(SNAPSHOT);
    await expect(context.store.goals.detail(TENANT, goalId)).resolves.toMatchObject({ title: 'First' });
  });

  it('detail: a text with a zero-width character → flagged; another tenant sees nothing', async () => {
    const goalId = newGoalId();
    await create(goalId, 'pay\u200b now');
    await expect(context.store.goals.detail(TENANT, goalId)).resolves.toMatchObject({
      invisibleCharacters: true,
      text: 'pay\u200b now',
    });
    await expect(context.store.goals.detail('other', goalId)).resolves.toBeUndefined();
    await expect(context.store.goals.request('other', goalId)).resolves.toBeUndefined();
  });

  it('list: filters by status and tag, pages by `before` → newest first, each goal once', async () => {
    const tenant = `t${newGoalId()}`;
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const goalId = newGoalId();
      ids.unshift(goalId);
      const request = { text: `goal ${i}`, tags: i % 2 === 0 ? ['even'] : [] };
      await context.store.goals.create({ goalId, tenant, request, simulated: false });
    }
    const list = async (filter: object) =>
      (await context.store.goals.list({ tenant, ...filter })).map((goal) => goal.goalId);
    const first = await list({ limit: 3 });
    expect([...first, ...(await list({ before: first.at(-1) }))]).toEqual(ids);
    expect(await list({ tag: 'even' })).toHaveLength(3);
    await context.store.goals.setStatus(tenant, ids[0] ?? '', 'running');
    expect(await list({ status: ['running'] })).toEqual([ids[0]]);
    expect(await list({ before: 'unknown' })).toEqual([]);
  });

  it('unstarted: only queued goals past the age', async () => {
    const goalId = await newGoal(context.store, []);
    const ids = async (age: number) => (await context.store.goals.unstarted(age)).map((goal) => goal.goalId);
    expect(await ids(0)).toContain(goalId);
    expect(await ids(60_000)).not.toContain(goalId);
    await context.store.events.append(TENANT, goalId, [{ type: 'goal-start', data: {} }]);
    expect(await ids(0)).not.toContain(goalId);
  });

  it('close: the first end stays, with its events once; later states change nothing', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const open = await store.goals.openCount();
    const deliverable = await store.blobs.put(TENANT, new TextEncoder().encode('# Report'));
    const end = {
      goalId,
      tenant: TENANT,
      census: CENSUS,
      events: [{ type: 'goal-end' as const, data: {}, number: 9 }],
    };
    await Promise.all([
      store.goals.close({ ...end, status: 'completed', deliverable }),
      store.goals.close({ ...end, status: 'completed', deliverable }),
    ]);
    await store.goals.close({ ...end, status: 'failed', reason: 'late' });
    await store.goals.setStatus(TENANT, goalId, 'running');
    await store.events.append(TENANT, goalId, [{ type: 'plan-ready', data: {} }]);
    const detail = await store.goals.detail(TENANT, goalId);
    expect(detail).toMatchObject({ status: 'completed', reason: null, deliverable: '# Report', census: CENSUS });
    expect(detail?.endedAt).not.toBeNull();
    expect((await store.events.read(TENANT, goalId, 0)).map((event) => event.type)).toEqual(['goal-end']);
    expect(await store.goals.openCount()).toBe(open - 1);
  });

  it('close: an event that is stored already → left out, and the goal ends with the others', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    await store.events.append(TENANT, goalId, [{ type: 'fallback', data: {}, number: 3 }]);
    const events = [
      { type: 'fallback' as const, data: {}, number: 3 },
      { type: 'goal-end' as const, data: {}, number: 4 },
    ];
    await store.goals.close({ goalId, tenant: TENANT, status: 'failed', census: CENSUS, events });
    expect((await store.events.read(TENANT, goalId, 0)).map(({ type }) => type)).toEqual(['fallback', 'goal-end']);
    expect(await store.goals.detail(TENANT, goalId)).toMatchObject({ status: 'failed' });
  });

  it('close: an unknown goal → goal.not-found', async () => {
    const end = { goalId: 'nope', tenant: TENANT, status: 'failed' as const, census: CENSUS, events: [] };
    await expect(context.store.goals.close(end)).rejects.toMatchObject({ type: 'goal.not-found' });
  });
});

describeStore('plans', (context) => {
  it('accept: a replan → new and changed tasks, gone ones that never started go, known ones keep their state', async () => {
    const { store } = context;
    const goalId = await newGoal(store, [task('a'), task('b'), task('c'), task('d')]);
    await store.events.append(TENANT, goalId, [
      { type: 'task-start', taskId: 'a', data: {} },
      { type: 'task-end', taskId: 'a', data: { status: 'done' } },
      { type: 'task-start', taskId: 'b', data: {} },
      { type: 'task-end', taskId: 'd', data: { status: 'skipped', reason: 'b failed' } },
    ]);
    const next = plan([task('a'), task('d', { title: 'New title', dependsOn: ['e'] }), task('e', { optional: true })]);
    const ref = await store.plans.accept({ tenant: TENANT, goalId, revision: 1, plan: next, source: 'manager' });
    await store.plans.accept({ tenant: TENANT, goalId, revision: 1, plan: plan([task('z')]), source: 'manager' });
    const tasks = (await store.goals.detail(TENANT, goalId))?.tasks ?? [];
    expect(new Map(tasks.map((one) => [one.taskId, one.status]))).toEqual(
      new Map([
        ['a', 'done'],
        ['d', 'skipped'],
        ['b', 'running'],
        ['e', 'waiting'],
      ]),
    );
    expect(tasks.find((one) => one.taskId === 'd')).toMatchObject({
      title: 'New title',
      dependsOn: ['e'],
      reason: 'b failed',
    });
    await expect(store.plans.current(TENANT, goalId)).resolves.toEqual({ ref, revision: 1, plan: next });
    await expect(store.plans.get(TENANT, ref.hash)).resolves.toEqual(next);
  });

  it('accept: 1,000 tasks → all there', async () => {
    const goalId = await newGoal(
      context.store,
      Array.from({ length: 1_000 }, (_, i) => task(`t${i}`)),
    );
    expect((await context.store.goals.detail(TENANT, goalId))?.tasks).toHaveLength(1_000);
  });

  it('current: no plan yet → undefined', async () => {
    const goalId = await newGoal(context.store, []);
    await expect(context.store.plans.current(TENANT, goalId)).resolves.toBeUndefined();
  });
});

describeStore('blobs', (context) => {
  it('put and get: 10 MB of all byte values → bit-equal, stored once (G12)', async () => {
    const { store } = context;
    const big = Uint8Array.from({ length: 10 * 1024 * 1024 }, (_, i) => (i * 31) % 256);
    const [one, two] = await Promise.all([store.blobs.put(TENANT, big), store.blobs.put(TENANT, big)]);
    expect(one).toEqual(two);
    expect(one.bytes).toBe(big.length);
    expect(Buffer.compare(await store.blobs.get(TENANT, one.hash), big)).toBe(0);
    await expect(store.blobs.get('other', one.hash)).rejects.toMatchObject({ type: 'store.not-found' });
  });

  it('getText: an empty and a non-ASCII text → unchanged', async () => {
    for (const text of ['', 'Grüße 👋 \u0000']) {
      const ref = await context.store.blobs.put(TENANT, new TextEncoder().encode(text));
      await expect(context.store.blobs.getText(TENANT, ref.hash)).resolves.toBe(text);
    }
  });
});
