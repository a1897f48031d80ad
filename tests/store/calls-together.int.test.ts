/** Calls of one goal that come at once: each is decided as if it had come alone, one after another, whoever else writes. */
import pg from 'pg';
import { goalAccount } from '../../src/core/contracts/budget.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { CallId, Store } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { asking, bytes, callId, finishedCall, gate, goalWithBudget, TENANT, task } from './samples.ts';
import { describeStore, execute } from './servers.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

const goalWith = (store: Store, budgetMicroUsd: number) =>
  goalWithBudget(
    store,
    { budgetMicroUsd, budgetWarnShare: 0.5 },
    NAMES.map((name) => task(name)),
  );

describeStore('calls together', (context) => {
  it('enter: six at once of a budget for three → three are admitted in order, and the rest get the facts as they then are (G8)', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 1_000);
    const entries = await Promise.all(
      NAMES.map((taskId) => {
        const id = callId(goalId, { taskId });
        return store.journal.enter(id, asking(id, taskId === 'f' ? 100 : 300), gate('together', id));
      }),
    );
    const refused = {
      ...{ state: 'refused', account: goalAccount(goalId), capMicroUsd: 1_000, settledMicroUsd: 0 },
      ...{ reservedMicroUsd: 900, othersMicroUsd: 0 },
    };
    const admitted = { state: 'admitted', requestsSent: 1 };
    expect(entries.map((entry) => entry.state === 'passed' && entry.admission)).toEqual([
      ...[admitted, admitted, admitted, refused, refused, admitted],
    ]);
    await expect(store.budget.read(TENANT, goalAccount(goalId))).resolves.toMatchObject({ reservedMicroUsd: 1_000 });
    const events = await store.events.read(TENANT, goalId, 0);
    const told = events.filter(({ type }) => type !== 'goal-start' && type !== 'plan-ready');
    expect(told.map(({ type, taskId }) => taskId ?? type)).toEqual(['a', 'b', 'c', 'f', 'budget-warning']);
    expect(told.at(-1)?.data).toMatchObject({ account: goalAccount(goalId), reservedMicroUsd: 600 });
    const states = await Promise.all(NAMES.map((taskId) => store.journal.lookUp(callId(goalId, { taskId }))));
    expect(states.map((state) => state.state === 'open' && state.requestsSent)).toEqual([1, 1, 1, 0, 0, 1]);
  });

  it('enter: one is recorded, one has failed too often, one has no room → each is told so, the others go (G4, G6)', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 10_000);
    const ids = NAMES.map((taskId) => callId(goalId, { taskId }));
    const [recorded, failing, ...others] = ids as [CallId, CallId, ...CallId[]];
    const call = finishedCall(recorded);
    await store.journal.record(call);
    const failed = { type: 'model.x', message: 'm', counts: true, attempt: 'x', billed: false };
    for (const _ of [1, 2]) await store.journal.fail(failing, failed);
    const two = { requestsPerMinute: 12 };
    const entries = await Promise.all(
      ids.map((id) =>
        store.journal.enter(id, asking(id, 10), others.includes(id) ? gate('full', id, two) : gate('other', id)),
      ),
    );
    const states = entries.map((entry) => (entry.state === 'passed' ? entry.admission.state : entry.state));
    expect(states).toEqual(['recorded', 'exhausted', 'admitted', 'admitted', 'no-room', 'no-room']);
    expect(entries[0]).toEqual({ state: 'recorded', result: { ...call.result, recorded: true } });
  });

  it('enter: six at once and room for all → the model’s buckets are down by all of them (G7)', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 10_000);
    const ids = NAMES.map((taskId) => callId(goalId, { taskId }));
    const limits = { requestsPerMinute: 60, inputTokensPerMinute: 6_000, outputTokensPerMinute: 60_000 };
    const entries = await Promise.all(
      ids.map((id, at) => {
        const { call, ...rest } = gate('roomy', id, limits);
        return store.journal.enter(id, asking(id, 10), {
          ...rest,
          call: { ...call, inputTokens: 10 * at, outputTokens: 100 },
        });
      }),
    );
    expect(entries.map((entry) => entry.state === 'passed' && entry.pass)).toEqual(
      ids.map(() => ({ probe: false, watched: true, calm: false })),
    );
    const [room] = await execute(
      context.connection,
      `select request_level::float8 as requests, input_level::float8 as input, output_level::float8 as output
        from orchestrator.model_gates where model = 'roomy'`,
    );
    // A sixth of a minute's, less what was taken, and what came back since the first of them.
    expect(room?.requests).toBeCloseTo(10 - 6, 0);
    expect(room?.input).toBeGreaterThanOrEqual(1_000 - 150);
    expect(room?.input).toBeLessThan(1_000 - 100);
    expect(room?.output).toBeGreaterThanOrEqual(10_000 - 600);
    expect(room?.output).toBeLessThan(10_000);
  });

  it('enter: six at once, room for six, and another goal waits → its room is left to it', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 10_000);
    const limits = { requestsPerMinute: 36 };
    const first = callId(await goalWith(store, 10_000));
    await store.capacity.wait(gate('waited for', first).call, 500);
    const ids = NAMES.map((taskId) => callId(goalId, { taskId }));
    const entries = await Promise.all(
      ids.map((id) => store.journal.enter(id, asking(id, 10), gate('waited for', id, limits))),
    );
    expect(entries.map(({ state }) => state)).toEqual([...Array.from({ length: 5 }, () => 'passed'), 'no-room']);
  });

  it('record: six at once, one of them recorded before and one given up → each is paid for once (G4, G25)', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 100_000);
    const ids = NAMES.map((taskId) => callId(goalId, { taskId }));
    const calls = ids.map((id, at) => {
      const call = finishedCall(id, { attempt: `of ${id.taskId}`, blobs: [bytes(`blob ${at}`), bytes('shared')] });
      return { ...call, liveText: 'end', result: { ...call.result, costMicroUsd: 1_000 + at } };
    });
    for (const id of ids) await store.journal.admit(id, asking(id, 5_000));
    const [before, givenUp] = calls as [(typeof calls)[0], (typeof calls)[0]];
    await store.journal.record({ ...before, attempt: 'another', result: { ...before.result, costMicroUsd: 7 } });
    await store.journal.abandon(givenUp.id, { attempt: 'of b', billed: true });
    const results = await Promise.all(calls.map((call) => store.journal.record(call)));
    expect(results.map(({ recorded, costMicroUsd }) => [recorded, costMicroUsd])).toEqual([
      ...[
        [true, 7],
        [false, 1_001],
        [false, 1_002],
        [false, 1_003],
        [false, 1_004],
        [false, 1_005],
      ],
    ]);
    await expect(store.budget.read(TENANT, goalAccount(goalId))).resolves.toMatchObject({
      // The first one's own answer was paid as well; what `another` paid was held by nobody.
      ...{ reservedMicroUsd: 0, settledMicroUsd: 1_000 + 1_001 + 1_002 + 1_003 + 1_004 + 1_005, unknownMicroUsd: 0 },
    });
    await expect(store.goals.totals(TENANT, goalId)).resolves.toMatchObject({
      ...{ modelCalls: 6, costMicroUsd: 7 + 5_015, duplicateMicroUsd: 1_000, unknownMicroUsd: 0 },
    });
    const events = (await store.events.read(TENANT, goalId, 0)).filter(({ type }) => type === 'turn-end');
    expect(events.map(({ taskId }) => taskId)).toEqual(NAMES);
  });

  it('the same call twice, two turns of a task → decided one by one', async () => {
    const { store } = context;
    const goalId = await goalWith(store, 10_000);
    const id = callId(goalId);
    const later = callId(goalId, { turn: 2 });
    const entries = await Promise.all(
      [id, id, later].map((one, at) =>
        store.journal.enter(one, { ...asking(one, 10), attempt: `${at}` }, gate('together', one)),
      ),
    );
    expect(entries.map((entry) => entry.state === 'passed' && entry.admission)).toEqual([
      { state: 'admitted', requestsSent: 1 },
      { state: 'admitted', requestsSent: 2 },
      { state: 'admitted', requestsSent: 1 },
    ]);
    const results = await Promise.all(
      [id, id, later].map((one, at) => store.journal.record(finishedCall(one, { attempt: `${at}` }))),
    );
    expect(results.map(({ recorded }) => recorded)).toEqual([false, true, false]);
    const third = callId(goalId, { turn: 3 });
    const again = await Promise.all([later, third].map((one) => store.journal.record(finishedCall(one))));
    expect(again.map(({ recorded }) => recorded)).toEqual([true, false]);
    await expect(store.goals.totals(TENANT, goalId)).resolves.toMatchObject({ modelCalls: 3, costMicroUsd: 4_500 });
  });

  it.each(['enter', 'record'] as const)(
    '%s: two workers with the same calls in opposite orders, held up in the middle → neither waits for the other in a ring',
    async (door) => {
      const { store } = context;
      const other = await openStore({ connection: context.connection, poolSize: 5 });
      const holder = new pg.Client(clientConfig(context.connection, 'store-tests'));
      await holder.connect();
      try {
        const goalId = await goalWith(store, 1_000_000);
        const ids = NAMES.map((taskId) => callId(goalId, { taskId }));
        for (const id of ids) await store.journal.admit(id, asking(id, 50));
        const at = (one: Store, own: readonly CallId[], attempt: string) =>
          Promise.all(
            own.map((id) =>
              door === 'enter'
                ? one.journal.enter(id, { ...asking(id, 50), attempt }, gate('together', id))
                : one.journal.record(finishedCall(id, { attempt })),
            ),
          );
        await holder.query('begin');
        await holder.query('select 1 from orchestrator.model_calls where goal_id = $1 and task_id = $2 for update', [
          ...[goalId, 'c'],
        ]);
        const both = Promise.allSettled([at(store, ids, 'first'), at(other, ids.toReversed(), 'second')]);
        const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%${door}_calls%'`;
        await until(async () => (await execute(context.connection, waiting)).length === 2);
        await holder.query('commit');
        expect((await both).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
      } finally {
        await holder.end();
        await other.close();
      }
    },
  );

  it('two workers, sweeps and events at the same calls → exact', async () => {
    const { store } = context;
    const other = await openStore({ connection: context.connection, poolSize: 5 });
    try {
      const goalId = await goalWith(store, 10_000_000);
      for (let turn = 1; turn <= 15; turn += 1) {
        const ids = NAMES.map((taskId) => callId(goalId, { taskId, turn }));
        const by = (one: Store, own: readonly CallId[], name: string) =>
          Promise.all(
            own.map(async (id, at) => {
              const attempt = `${name} ${id.taskId} ${turn}`;
              await one.journal.enter(id, { ...asking(id, 50), attempt }, gate(at % 2 === 0 ? 'm1' : 'm2', id));
              const call = finishedCall(id, { attempt, blobs: [bytes(`x${at}`), bytes(`y${turn} ${5 - at}`)] });
              return one.journal.record(call);
            }),
          );
        const [mine, theirs] = await Promise.all([
          by(store, ids, 'first'),
          by(other, ids.toReversed(), 'second'),
          store.budget.sweep(0),
          ...ids.map((id) =>
            other.events.append(TENANT, goalId, [{ type: 'task-start', taskId: id.taskId, data: {} }]),
          ),
        ]);
        const both = NAMES.map((_, at) => [mine[at]?.recorded, theirs.toReversed()[at]?.recorded]);
        expect(both.map((pair) => pair.filter((one) => one === false).length)).toEqual(NAMES.map(() => 1));
      }
      await expect(store.goals.totals(TENANT, goalId)).resolves.toMatchObject({
        modelCalls: 90,
        costMicroUsd: 135_000,
      });
    } finally {
      await other.close();
    }
  });
});
