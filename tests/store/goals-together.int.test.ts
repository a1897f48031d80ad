/** What several goals ask for at once: each goal is served as if it were alone, whoever else writes or holds it. */
import pg from 'pg';
import { goalAccount } from '../../src/core/contracts/budget.ts';
import type { Entry } from '../../src/store/admission.ts';
import { blobRef } from '../../src/store/blob-ref.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { CallId, Store } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import {
  asking,
  bytes,
  CENSUS,
  callId,
  finishedCall,
  gate,
  goalWithBudget,
  newGoal,
  SNAPSHOT,
  submittingCall,
  TENANT,
  task,
} from './samples.ts';
import { describeStore, execute } from './servers.ts';

const TASKS = ['a', 'b'].map((name) => task(name));
const BUDGET = { budgetMicroUsd: 1_000, budgetWarnShare: 1 };

const goalsWithBudget = (store: Store, count: number) =>
  Promise.all(Array.from({ length: count }, () => goalWithBudget(store, BUDGET, TASKS)));

/** A goal whose money is also `parent`'s. */
async function goalBelow(store: Store, parent: string): Promise<string> {
  const goalId = await newGoal(store, TASKS);
  const limits = { ...SNAPSHOT.limits, ...BUDGET };
  const parentAccount = goalAccount(parent);
  await store.goals.open({ goalId, tenant: TENANT, title: 'T', snapshot: { ...SNAPSHOT, limits }, parentAccount });
  return goalId;
}

const enter = (store: Store, id: CallId, worstMicroUsd = 10) =>
  store.journal.enter(id, asking(id, worstMicroUsd), gate('shared', id));
const DOORS = {
  enter,
  record: (store: Store, id: CallId) => store.journal.record(finishedCall(id, { attempt: `of ${id.taskId}` })),
};
const EACH_DOOR = ['enter', 'record'] as const;
const said = (entry: Entry) => (entry.state === 'passed' ? entry.admission.state : entry.state);

const LOCK_ACCOUNT = 'select 1 from orchestrator.budget_accounts where account = $1 for update nowait';

describeStore('goals together', (context) => {
  /** Statements that are asked for now, and those of them that wait for a row. */
  const underWay = (name: string, waiting = false) =>
    execute(
      context.connection,
      `select 1 from pg_stat_activity where state = 'active' and query like '%${name}%' and pid <> pg_backend_pid()
        ${waiting ? "and wait_event_type = 'Lock'" : ''}`,
    );

  /** `work` while somebody else holds the row of a goal, or of an account. */
  async function holding(
    name: string,
    work: (release: () => Promise<unknown>, holder: pg.Client) => Promise<void>,
  ): Promise<void> {
    const holder = new pg.Client(clientConfig(context.connection, 'store-tests'));
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('select 1 from orchestrator.goals where goal_id = $1 for update', [name]);
      await holder.query(LOCK_ACCOUNT, [name]);
      await work(() => holder.query('commit'), holder);
    } finally {
      await holder.end();
    }
  }

  it('enter: open, ended, full, unknown and another’s goal at once → each its own answer, own accounts and own events (G8)', async () => {
    const { store } = context;
    const [open, ended, full] = (await goalsWithBudget(store, 3)) as [string, string, string];
    await store.goals.close({ goalId: ended, tenant: TENANT, status: 'partial', census: CENSUS, events: [] });
    const all = await Promise.allSettled([
      enter(store, callId(open)),
      enter(store, callId(ended)),
      enter(store, callId(full), 900),
      enter(store, callId(full, { taskId: 'b' }), 900),
      enter(store, callId('no-such-goal')),
      enter(store, callId(open, { tenant: 'other' })),
      enter(store, callId(open, { taskId: 'b' })),
    ]);
    const kinds = all.map((one) => (one.status === 'fulfilled' ? said(one.value) : one.reason.type));
    expect(kinds).toEqual([
      ...['admitted', 'closed', 'admitted', 'refused', 'goal.not-found', 'goal.not-found', 'admitted'],
    ]);
    const reserved = await Promise.all([open, full].map((goalId) => store.budget.read(TENANT, goalAccount(goalId))));
    expect(reserved.map((account) => account?.reservedMicroUsd)).toEqual([20, 900]);
    const starts = async (goalId: string) =>
      (await store.events.read(TENANT, goalId, 0)).flatMap(({ type, taskId }) => (type === 'task-start' ? taskId : []));
    await expect(Promise.all([open, ended, full].map(starts))).resolves.toEqual([['a', 'b'], [], ['a']]);
  });

  it('record: of three goals, one of them answered before → each is settled in its own goal, texts and blobs as well (G4)', async () => {
    const { store } = context;
    const goals = await goalsWithBudget(store, 3);
    const ids = goals.flatMap((goalId) => [callId(goalId), callId(goalId, { taskId: 'b' })]);
    await Promise.all(ids.map((id) => enter(store, id)));
    const calls = ids.map((id, at) => {
      const call = finishedCall(id, { attempt: `of ${id.taskId}`, blobs: [bytes('shared'), bytes(`own ${at}`)] });
      return { ...call, result: { ...call.result, costMicroUsd: at + 1 } };
    });
    const [first] = calls as [(typeof calls)[0]];
    await store.journal.record({ ...first, attempt: 'another', result: { ...first.result, costMicroUsd: 7 } });
    const results = await Promise.all(calls.map((call) => store.journal.record(call)));
    expect(results.map(({ recorded, costMicroUsd }) => [recorded, costMicroUsd])).toEqual([
      ...[[true, 7], ...[2, 3, 4, 5, 6].map((cost) => [false, cost])],
    ]);
    const totals = await Promise.all(goals.map((goalId) => store.goals.totals(TENANT, goalId)));
    expect(totals.map(({ costMicroUsd, duplicateMicroUsd }) => [costMicroUsd, duplicateMicroUsd])).toEqual([
      ...[
        [7 + 2, 1],
        [3 + 4, 0],
        [5 + 6, 0],
      ],
    ]);
    const accounts = await Promise.all(goals.map((goalId) => store.budget.read(TENANT, goalAccount(goalId))));
    // What `another` paid was held by nobody.
    expect(accounts.map((account) => [account?.reservedMicroUsd, account?.settledMicroUsd])).toEqual([
      ...[
        [0, 3],
        [0, 7],
        [0, 11],
      ],
    ]);
    await expect(store.transcripts.read(TENANT, goals[2] ?? '', 'b', 0)).resolves.toHaveLength(1);
  });

  it.each(EACH_DOOR)('%s: calls of several goals that come at once → one statement', async (door) => {
    const { store } = context;
    const goals = await goalsWithBudget(store, 4);
    const ids = goals.map((goalId) => callId(goalId));
    if (door === 'record') await Promise.all(ids.map((id) => enter(store, id)));
    await holding(goals[0] ?? '', async (release) => {
      const all = Promise.all(ids.map((id) => DOORS[door](store, id)));
      await until(async () => (await underWay(`${door}_calls`, true)).length > 0);
      expect(await underWay(`${door}_calls`)).toHaveLength(1);
      await release();
      await all;
    });
  });

  it.each(EACH_DOOR)(
    '%s: the row of one goal is held for long → its call waits, those that came with it do not',
    async (door) => {
      const { store } = context;
      const goals = await goalsWithBudget(store, 4);
      const ids = goals.map((goalId) => callId(goalId));
      if (door === 'record') await Promise.all(ids.map((id) => enter(store, id)));
      await holding(goals[1] ?? '', async (release) => {
        const done: string[] = [];
        const all = ids.map(async (id) => {
          await DOORS[door](store, id);
          done.push(id.goalId);
        });
        await until(() => done.length === 3);
        expect(done).not.toContain(goals[1]);
        expect(await underWay(`${door}_calls`, true)).toHaveLength(1);
        await release();
        await Promise.all(all);
      });
      const states = await Promise.all(ids.map((id) => store.journal.lookUp(id)));
      expect(states).toEqual(
        states.map(() =>
          door === 'enter'
            ? expect.objectContaining({ requestsSent: 1 })
            : expect.objectContaining({ state: 'recorded' }),
        ),
      );
    },
  );

  it('results: tasks of several goals at once → one statement, to each goal its own latest; a text that is gone fails its goal alone', async () => {
    const { store, connection } = context;
    const goals = await Promise.all(Array.from({ length: 4 }, () => newGoal(store, TASKS)));
    const [, revised, , broken] = goals as [string, string, string, string];
    const submit = (id: CallId, text: string) => store.journal.record(submittingCall(id, text));
    await Promise.all(goals.map((goalId) => submit(callId(goalId), `a of ${goalId}`)));
    await submit(callId(revised, { revision: 1 }), 'a again');
    await submit(callId(revised, { taskId: 'b' }), 'b');
    await execute(connection, `delete from orchestrator.blobs where hash = '${blobRef(bytes(`a of ${broken}`)).hash}'`);
    const wishes = [...goals.map((goalId) => [goalId, ['a', 'none']] as const), [revised, ['b', 'a']] as const];
    await holding('no goal', async (release, holder) => {
      await holder.query('lock table orchestrator.task_results');
      const all = Promise.allSettled(wishes.map(([goalId, taskIds]) => store.results.latest(TENANT, goalId, taskIds)));
      await until(async () => (await underWay('task_results', true)).length > 0);
      expect(await underWay('task_results')).toHaveLength(1);
      await release();
      const texts = (await all).map((one) =>
        one.status === 'fulfilled' ? one.value.map(({ taskId, text }) => `${taskId}: ${text}`) : one.reason.type,
      );
      expect(texts).toEqual([
        [`a: a of ${goals[0]}`],
        ['a: a again'],
        [`a: a of ${goals[2]}`],
        'store.not-found',
        ['a: a again', 'b: b'],
      ]);
    });
  });

  it.each(EACH_DOOR)(
    '%s: of a goal and of one below it → the account below is locked first, as by a call that comes alone: no ring',
    async (door) => {
      const { store } = context;
      const above = await goalWithBudget(store, BUDGET, TASKS);
      const ids = [above, await goalBelow(store, above)].map((goalId) => callId(goalId));
      const [top, below] = ids.map(({ goalId }) => goalAccount(goalId));
      if (door === 'record') await Promise.all(ids.map((id) => enter(store, id)));
      await holding(below ?? '', async (release, holder) => {
        const all = Promise.all(ids.map((id) => DOORS[door](store, id)));
        await until(async () => (await underWay(`${door}_calls`, true)).length > 0);
        // Else: could not obtain lock.
        await holder.query(LOCK_ACCOUNT, [top]);
        await release();
        await all;
      });
      await expect(store.budget.read(TENANT, top ?? '')).resolves.toMatchObject(
        door === 'enter' ? { reservedMicroUsd: 20 } : { reservedMicroUsd: 0, settledMicroUsd: 3_000 },
      );
    },
  );

  it('two workers, goals below one another, sweeps and events → no statement has to give way, exact (G8, G25)', async () => {
    const { store, connection } = context;
    const [one, two] = await Promise.all([1, 2].map(() => openStore({ connection, poolSize: 8 })));
    if (!one || !two) throw new Error('no stores');
    /** Statements that were undone. Those of a connection are counted when it ends. */
    const undone = async () =>
      (
        await execute(
          connection,
          'select xact_rollback::int as n from pg_stat_database where datname = current_database()',
        )
      )[0]?.n;
    const top = await goalWithBudget(store, { budgetMicroUsd: 10_000_000, budgetWarnShare: 1 }, TASKS);
    const below = await Promise.all([1, 2, 3].map(() => goalBelow(store, top)));
    const goals = [top, ...below, await goalBelow(store, below[0] ?? '')];
    for (const goalId of goals.slice(1)) await store.budget.raise(TENANT, goalAccount(goalId), 10_000_000);
    const before = await undone();
    const by = (own: Store, ids: readonly CallId[], name: string) =>
      Promise.all(
        ids.map(async (id, at) => {
          const attempt = `${name} ${id.taskId} ${id.turn}`;
          await own.journal.enter(id, { ...asking(id, 50), attempt }, gate(at % 2 === 0 ? 'm1' : 'm2', id));
          return own.journal.record(finishedCall(id, { attempt, blobs: [bytes(`x${at}`), bytes(`y${5 - at}`)] }));
        }),
      );
    for (let turn = 1; turn <= 25; turn += 1) {
      const ids = goals.flatMap((goalId) => TASKS.map(({ id: taskId }) => callId(goalId, { taskId, turn })));
      const [mine, theirs] = await Promise.all([
        by(one, ids, 'first'),
        by(two, ids.toReversed(), 'second'),
        store.budget.sweep(0),
        ...goals.map((goalId) => two.events.append(TENANT, goalId, [{ type: 'task-start', taskId: 'a', data: {} }])),
      ]);
      const fresh = ids.map((_, at) => [mine[at], theirs.toReversed()[at]].filter((call) => call?.recorded === false));
      expect(fresh.map(({ length }) => length)).toEqual(ids.map(() => 1));
    }
    const totals = await Promise.all(goals.map((goalId) => store.goals.totals(TENANT, goalId)));
    expect(totals.map(({ modelCalls, costMicroUsd }) => [modelCalls, costMicroUsd])).toEqual(
      goals.map(() => [50, 75_000]),
    );
    const sum = totals.reduce(
      (all, goal) => all + goal.costMicroUsd + goal.duplicateMicroUsd + goal.unknownMicroUsd,
      0,
    );
    await expect(store.budget.read(TENANT, goalAccount(top))).resolves.toMatchObject({
      ...{ reservedMicroUsd: 0, settledMicroUsd: sum },
    });
    await Promise.all([one.close(), two.close()]);
    expect(await undone()).toBe(before);
  });
});
