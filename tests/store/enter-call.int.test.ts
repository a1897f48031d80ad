/** Entering a call: what it answers, and that room and money are taken in two transactions, whichever of them is lost. */
import pg from 'pg';
import { goalAccount } from '../../src/core/contracts/budget.ts';
import type { CallRequest } from '../../src/store/admission.ts';
import type { CapacityLimits } from '../../src/store/capacity-types.ts';
import { clientConfig } from '../../src/store/connection.ts';
import type { CallId, Store } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { CENSUS, callId, finishedCall, gate, goalWithBudget, newGoal, TENANT } from './samples.ts';
import { describeStore, execute } from './servers.ts';

const REQUEST: CallRequest = { attempt: 'first', worstMicroUsd: 600, events: [] };
/** Room for one request at a time, and ten seconds until the next. */
const ONE: CapacityLimits = { requestsPerMinute: 6 };

async function withBudget(store: Store): Promise<CallId> {
  return callId(await goalWithBudget(store, { budgetMicroUsd: 1_000, budgetWarnShare: 1 }));
}

describeStore('enter', (context) => {
  const enter = (model: string, id: CallId, more: { limits?: CapacityLimits; request?: CallRequest } = {}) =>
    context.store.journal.enter(id, more.request ?? REQUEST, gate(model, id, more.limits));
  const reserved = async ({ goalId }: CallId) =>
    (await context.store.budget.read(TENANT, goalAccount(goalId)))?.reservedMicroUsd;
  /** Moves the clock of a model: the store compares with the database's. */
  const age = (model: string, member: string) =>
    execute(
      context.connection,
      `update orchestrator.model_gates set ${member} = ${member} - interval '11 seconds' where model = '${model}'`,
    );

  it('room and money → admitted; money that does not fit → refused, with its room; no room → the time to come again', async () => {
    const id = await withBudget(context.store);
    const pass = { probe: false, watched: true, calm: false };
    const limits = { requestsPerMinute: 12 };
    await expect(enter('e1', id, { limits })).resolves.toEqual({
      ...{ state: 'passed', pass, admission: { state: 'admitted', requestsSent: 1 } },
    });
    const other = { ...id, taskId: 'b' };
    await expect(enter('e1', other, { limits })).resolves.toMatchObject({
      ...{ state: 'passed', pass, admission: { state: 'refused', account: goalAccount(id.goalId) } },
    });
    await expect(enter('e1', other, { limits })).resolves.toMatchObject({ state: 'no-room' });
    await expect(context.store.journal.lookUp(other)).resolves.toMatchObject({ requestsSent: 0 });
  });

  it('recorded, failed too often, ended, no goal → says so; the first two take no room (G4, G6)', async () => {
    const { store } = context;
    const id = callId(await newGoal(store));
    const call = finishedCall(id);
    await store.journal.record(call);
    const result = { ...call.result, recorded: true };
    await expect(enter('e2', id, { limits: ONE })).resolves.toEqual({ state: 'recorded', result });
    const failing = { ...id, taskId: 'b' };
    const failed = { type: 'model.x', message: 'm', counts: true, attempt: 'a', billed: false };
    await store.journal.fail(failing, failed);
    await store.journal.fail(failing, failed);
    await expect(enter('e2', failing, { limits: ONE })).resolves.toEqual({ state: 'exhausted', failures: 2 });
    await store.goals.close({ goalId: id.goalId, tenant: TENANT, status: 'partial', census: CENSUS, events: [] });
    await expect(enter('e2', { ...id, turn: 2 }, { limits: ONE })).resolves.toMatchObject({
      admission: { state: 'closed' },
    });
    await expect(enter('e3', callId('no-such-goal'))).rejects.toMatchObject({ type: 'goal.not-found' });
  });

  it('what is written of room may be lost in a crash, what is held of a budget is on disk', async () => {
    const id = await withBudget(context.store);
    await execute(
      context.connection,
      `create table public.seen (name text, durable text);
       create function public.see() returns trigger language plpgsql as $$ begin
         insert into public.seen values (tg_table_name, current_setting('synchronous_commit')); return new; end $$;
       create trigger seen after insert or update on orchestrator.model_gates for each row execute function public.see();
       create trigger seen after insert on orchestrator.budget_reservations for each row execute function public.see()`,
    );
    await enter('e4', id, { limits: ONE });
    const seen = await execute(
      context.connection,
      `drop trigger seen on orchestrator.model_gates; drop trigger seen on orchestrator.budget_reservations;
       drop function public.see()`,
    ).then(() => execute(context.connection, 'select distinct name, durable from public.seen order by name'));
    expect(seen).toEqual([
      { name: 'budget_reservations', durable: 'on' },
      { name: 'model_gates', durable: 'off' },
    ]);
  });

  /** `work` with the account of `id` held, so that whoever enters with it has taken room and waits for money. */
  async function heldUp(id: CallId, work: (kill: () => Promise<void>) => Promise<void>): Promise<void> {
    const holder = new pg.Client(clientConfig(context.connection, 'store-tests'));
    await holder.connect();
    const entering = `from pg_stat_activity where wait_event_type = 'Lock' and query like '%enter_calls%'`;
    try {
      await holder.query('begin');
      await holder.query('select 1 from orchestrator.budget_accounts where account = $1 for update', [
        goalAccount(id.goalId),
      ]);
      await work(async () => {
        await until(async () => (await execute(context.connection, `select 1 ${entering}`)).length > 0);
        await execute(context.connection, `select pg_terminate_backend(pid) ${entering}`);
      });
    } finally {
      await holder.end();
    }
  }

  it('waiting for money → the model answers others; ended there → nothing counted or held, and room comes back (G24)', async () => {
    const { store } = context;
    const [id, other] = [await withBudget(store), await withBudget(store)];
    await heldUp(id, async (kill) => {
      const entering = enter('e5', id, { limits: ONE }).catch((error: unknown) => error);
      await until(
        async () =>
          (await execute(context.connection, "select 1 from orchestrator.model_gates where model = 'e5'")).length,
      );
      await expect(enter('e5', other, { limits: ONE })).resolves.toMatchObject({ state: 'no-room' });
      await kill();
      expect(await entering).toMatchObject({ type: 'store.unavailable' });
    });
    await expect(store.journal.lookUp(id)).resolves.toEqual({ state: 'open', requestsSent: 0, failures: 0 });
    expect(await reserved(id)).toBe(0);
    await expect(enter('e5', id, { limits: ONE })).resolves.toMatchObject({ state: 'no-room' });
    await age('e5', 'refilled_at');
    await expect(enter('e5', other, { limits: ONE })).resolves.toMatchObject({ admission: { state: 'admitted' } });
    await age('e5', 'refilled_at');
    await expect(enter('e5', id, { limits: ONE })).resolves.toMatchObject({ admission: { state: 'admitted' } });
    expect(await reserved(id)).toBe(600);
  });

  it('a probe that ends there → the next one goes an interval later (G6)', async () => {
    const id = await withBudget(context.store);
    await context.store.capacity.strike('e6', { holdMs: 600_000, tolerated: 1 });
    await age('e6', 'probed_at');
    await heldUp(id, async (kill) => {
      const entering = enter('e6', id).catch((error: unknown) => error);
      await kill();
      expect(await entering).toMatchObject({ type: 'store.unavailable' });
    });
    await expect(enter('e6', id)).resolves.toMatchObject({ state: 'no-room' });
    await age('e6', 'probed_at');
    await expect(enter('e6', id)).resolves.toMatchObject({ pass: { probe: true }, admission: { state: 'admitted' } });
  });
});
