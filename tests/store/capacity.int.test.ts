/** Room per model: breaker, limits, the line and its order. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CapacityCall, CapacityLimits, CapacityNote, CapacityRules } from '../../src/store/capacity-types.ts';
import { newGoal, TENANT } from './samples.ts';
import { describeStore, execute } from './servers.ts';
import { type RoomTaker, roomTaker } from './take-room.ts';

const OPEN = { open: true, probe: false };
let count = 0;

/** A call of a task of its own. */
function call(model: string, more: Partial<Omit<CapacityCall, 'id'>> & { tenant?: string; goalId?: string } = {}) {
  const { tenant = 'default', goalId = 'goal', ...rest } = more;
  count += 1;
  const id = { tenant, goalId, taskId: `t${count}` };
  return { model, id, priority: 3, weight: 1, inputTokens: 0, outputTokens: 0, ...rest };
}

const rules = (limits: CapacityLimits = {}, probeIntervalMs = 5_000) => ({ limits, probeIntervalMs });

function note(more: Partial<CapacityNote>): CapacityNote {
  return { limits: {}, moreInputTokens: 0, moreOutputTokens: 0, answered: true, ...more };
}

describeStore('capacity', (context) => {
  let taker: RoomTaker;
  beforeAll(() => {
    taker = roomTaker(context.connection);
  });
  afterAll(() => taker.close());
  const take = (one: CapacityCall, by: CapacityRules) => taker.take(one, by);
  const strike = (model: string, holdMs: number, tolerated = 1) =>
    context.store.capacity.strike(model, { holdMs, tolerated });
  /** Moves the clock of a model: the store compares with the database's. */
  const age = (model: string, members: string) =>
    execute(context.connection, `update orchestrator.model_gates set ${members} where model = '${model}'`);

  describe('breaker', () => {
    it('take: a model without limits and trouble → open, unwatched, nothing written', async () => {
      expect(await take(call('free'), rules())).toEqual({ open: true, probe: false, watched: false, calm: false });
      expect(await execute(context.connection, `select 1 from orchestrator.model_gates where model = 'free'`)).toEqual(
        [],
      );
    });

    it('take: right after a strike → closed to all, retry within the interval (G6)', async () => {
      await strike('m1', 60_000);
      const pass = await take(call('m1'), rules());
      expect(pass).toMatchObject({ open: false });
      if (pass.open) return;
      expect(pass.retryInMs).toBeGreaterThan(0);
      expect(pass.retryInMs).toBeLessThanOrEqual(5_000);
    });

    it('take: interval over, 40 callers at once from two processes → one probe (G7)', async () => {
      const other = roomTaker(context.connection);
      await strike('m2', 600_000);
      await age('m2', `probed_at = now() - interval '61 seconds'`);
      const passes = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (i % 2 ? taker : other).take(call('m2'), rules({}, 60_000))),
      );
      await other.close();
      expect(passes.filter((pass) => pass.open)).toMatchObject([{ open: true, probe: true, watched: true }]);
      for (const pass of passes) if (!pass.open) expect(pass.retryInMs).toBeGreaterThan(0);
    });

    it('clear, or the end of the hold → open to all; a shorter hold does not shorten a longer one', async () => {
      await strike('m3', 600_000);
      await strike('m3', 1);
      expect(await take(call('m3'), rules())).toMatchObject({ open: false });
      await age('m3', `blocked_until = now() - interval '1 ms'`);
      expect(await take(call('m3'), rules())).toMatchObject(OPEN);
      await strike('m3', 600_000);
      await context.store.capacity.clear('m3');
      expect(await take(call('m3'), rules())).toMatchObject(OPEN);
    });

    it('strike: opens at the tolerated number in a row; an answer in between starts afresh', async () => {
      for (let failed = 0; failed < 9; failed += 1) await strike('m4', 60_000, 10);
      expect(await take(call('m4'), rules())).toMatchObject({ ...OPEN, watched: true });
      await context.store.capacity.note('m4', note({ answered: true }));
      for (let failed = 0; failed < 9; failed += 1) await strike('m4', 60_000, 10);
      expect(await take(call('m4'), rules())).toMatchObject(OPEN);
      await strike('m4', 60_000, 10);
      expect(await take(call('m4'), rules())).toMatchObject({ open: false });
    });
  });

  describe('limits', () => {
    it('take: 10 a second → 10 at once, then one by one as room comes back', async () => {
      const limits = { requestsPerSecond: 10 };
      const passes = await Promise.all(Array.from({ length: 15 }, () => take(call('l1'), rules(limits))));
      const open = passes.filter((pass) => pass.open).length;
      expect(open).toBeGreaterThanOrEqual(10);
      expect(open).toBeLessThanOrEqual(12);
      const waits = passes.flatMap((pass) => (pass.open ? [] : [pass.retryInMs])).sort((a, b) => a - b);
      expect(waits.at(-1)).toBeLessThanOrEqual(600);
    });

    it('note: headers say less than we think → the bucket goes down to it; more → it does not go up', async () => {
      const told = (remaining: number) => note({ limits: { requests: { limit: 600, remaining } } });
      await context.store.capacity.note('l2', told(1));
      expect(await take(call('l2'), rules())).toMatchObject({ ...OPEN, watched: true });
      await context.store.capacity.note('l2', told(600));
      const pass = await take(call('l2'), rules());
      expect(pass).toMatchObject({ open: false });
      if (!pass.open) expect(pass.retryInMs).toBeLessThanOrEqual(100);
    });

    it('tokens: estimates are taken, corrected by what was used; a request over the bucket waits for a full one', async () => {
      const limits = { inputTokensPerMinute: 60_000, outputTokensPerMinute: 600_000 };
      expect(await take(call('l3', { inputTokens: 9_000 }), rules(limits))).toMatchObject(OPEN);
      const second = call('l3', { inputTokens: 5_000 });
      const refused = await take(second, rules(limits));
      expect(refused).toMatchObject({ open: false });
      if (!refused.open) expect(refused.retryInMs).toBeGreaterThan(3_000);
      await context.store.capacity.note('l3', note({ moreInputTokens: -8_000 }));
      expect(await take(second, rules(limits))).toMatchObject(OPEN);
      expect(await take(call('l4', { inputTokens: 50_000 }), rules(limits))).toMatchObject(OPEN);
      expect(await take(call('l4', { inputTokens: 1 }), rules(limits))).toMatchObject({ open: false });
    });

    it('the lower of told and configured holds, whichever that is', async () => {
      await context.store.capacity.note('l5', note({ limits: { requests: { limit: 6, remaining: 6 } } }));
      expect(await take(call('l5'), rules({ requestsPerSecond: 100 }))).toMatchObject(OPEN);
      expect(await take(call('l5'), rules({ requestsPerSecond: 100 }))).toMatchObject({ open: false });
      await context.store.capacity.note('l6', note({ limits: { requests: { limit: 60_000, remaining: 60_000 } } }));
      expect(await take(call('l6'), rules({ requestsPerMinute: 6 }))).toMatchObject(OPEN);
      expect(await take(call('l6'), rules({ requestsPerMinute: 6 }))).toMatchObject({ open: false });
    });
  });

  describe('line', () => {
    /** Plays calls that come again when they were told to, until `ms` have gone; who went, in order, and how often all came. */
    async function play(calls: readonly CapacityCall[], limits: CapacityLimits, ms: number) {
      const went: CapacityCall[] = [];
      let polls = 0;
      const end = Date.now() + ms;
      const one = async (mine: CapacityCall) => {
        for (;;) {
          polls += 1;
          const pass = await take(mine, rules(limits));
          if (pass.open) return void went.push(mine);
          if (Date.now() + pass.retryInMs > end) return;
          await sleep(pass.retryInMs);
        }
      };
      await Promise.all(calls.map(one));
      return { went, polls };
    }

    const share = (went: readonly CapacityCall[], tenant: string) =>
      went.filter(({ id }) => id.tenant === tenant).length;

    it('200 calls at 20 a second → nearly all of the room is used, never more, and few come in vain', async () => {
      const calls = Array.from({ length: 200 }, () => call('q1'));
      const { went, polls } = await play(calls, { requestsPerSecond: 20 }, 4_000);
      console.info(`line: 200 calls, room for 100 in 4 s: ${went.length} went, ${polls} came`);
      expect(went.length).toBeGreaterThanOrEqual(70);
      expect(went.length).toBeLessThanOrEqual(102);
      expect(polls).toBeLessThan(800);
    });

    it('tenants of weight 1 and 3, both with more than there is room for → 1 to 3', async () => {
      const calls = Array.from({ length: 200 }, (_, at) =>
        at % 2 ? call('q2', { tenant: 'one' }) : call('q2', { tenant: 'three', weight: 3 }),
      );
      await context.store.capacity.note('q2', note({ limits: { requests: { limit: 900, remaining: 0 } } }));
      const all = await play(calls, { requestsPerSecond: 15 }, 6_000);
      // The first ones go while others are still on their way to the line.
      const went = all.went.slice(20);
      console.info(`line: weights 1 to 3: ${share(went, 'one')} to ${share(went, 'three')}`);
      expect(share(went, 'three') / share(went, 'one')).toBeGreaterThan(2);
      expect(share(went, 'three') / share(went, 'one')).toBeLessThan(4.5);
    });

    it('priority within a tenant: 20 of 5 behind 100 of 1 → all 20 before most of the others', async () => {
      const low = Array.from({ length: 100 }, () => call('q3', { priority: 1 }));
      const first = play(low, { requestsPerSecond: 20 }, 3_000);
      await sleep(50);
      const high = Array.from({ length: 20 }, () => call('q3', { priority: 5 }));
      const second = await play(high, { requestsPerSecond: 20 }, 3_000);
      expect(second.went).toHaveLength(20);
      expect((await first).went.length).toBeLessThan(80);
    });

    it('a goal that waits is announced once, after two seconds or at once when it is known, and its end once', async () => {
      await strike('q4', 60_000);
      const calls = Array.from({ length: 3 }, () => call('q4', { goalId: 'shown' }));
      const passes = [];
      for (const one of [...calls, ...calls]) passes.push(await take(one, rules()));
      expect(passes.map((pass) => !pass.open && pass.announce)).toEqual([true, false, false, false, false, false]);
      await context.store.capacity.clear('q4');
      const after = [];
      for (const one of [...calls, ...calls]) after.push(await take(one, rules()));
      expect(after.map((pass) => pass.open && pass.calm)).toEqual([false, false, true, false, false, false]);
    });

    it('wait: a call that was sent and told to wait has a place that shows its goal as waiting', async () => {
      const one = call('q5', { goalId: 'told' });
      expect(await context.store.capacity.wait(one, 60_000)).toEqual({ announce: true });
      expect(await context.store.capacity.wait(one, 60_000)).toEqual({ announce: false });
      expect(await take(one, rules())).toMatchObject({ open: true, calm: true });
    });
  });

  it('one call that waits → its goal and its task are shown as waiting, no other goal and no other task', async () => {
    const { store } = context;
    const [waiting, other] = [await newGoal(store), await newGoal(store)];
    const id = { tenant: TENANT, goalId: waiting, taskId: 'a' };
    await store.capacity.wait({ ...call('m-shown'), id }, 45_000);
    await execute(context.connection, `update orchestrator.capacity_waiters set announced = true`);
    const shown = await store.goals.list({ tenant: TENANT });
    const awaited = new Map(shown.map(({ goalId, awaiting }) => [goalId, awaiting]));
    expect([awaited.get(waiting), awaited.get(other)]).toEqual(['capacity', null]);
    const tasksOf = async (goalId: string) =>
      (await store.goals.detail(TENANT, goalId))?.tasks.map((one) => one.awaiting);
    expect(await tasksOf(waiting)).toEqual(['capacity', null]);
    expect(await tasksOf(other)).toEqual([null, null]);
  });
});
