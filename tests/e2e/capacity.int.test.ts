/**
 * Room for model calls under limits that are enforced: fair shares, nothing rejected once known, storms ridden out.
 * LONG=1: more of all, and a storm of ten minutes; STORM=<seconds>: a storm of that length.
 */
import { connectTo } from '../../src/client/connect.ts';
import { overloaded, type Rule, rateLimited } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, type SystemOptions, startSystem } from './support/system.ts';

const LONG = process.env.LONG === '1';

/** `count` tasks that are ready at once. */
const many = (count: number) => ({
  plan: planOf(Array.from({ length: count }, (_, at) => task(`t${at}`))),
  maxTasks: Math.max(count, 1),
  maxParallelTasks: Math.min(count, 500),
});

/** A describe block with a system of its own. */
function withSystem(title: string, options: SystemOptions, suite: (system: () => System) => void): void {
  describe(title, () => {
    let system: System;
    beforeAll(async () => {
      system = await startSystem(options);
    });
    afterAll(() => system.close());
    suite(() => system);
    leavesSoundHistories(() => system);
  });
}

const requestsOf = (system: System, goalId: string) =>
  system.simulator.requests.list().filter(({ key }) => key.startsWith(`${goalId}/`));

/** Ready calls of A. */
const READY = LONG ? 500 : 200;
const limits = { fast: { requestsPerSecond: 10 }, balanced: {}, deep: {} };

withSystem('10 requests a second', { claude: { limits } }, (system) => {
  it(`tenant A has ${READY} ready calls, B 5 later → the last of B starts within 3 s of being ready`, async () => {
    const { address, namespace, database, config } = system();
    const target = { temporal: { address, namespace }, store: database, simulated: true };
    const tenantB = await connectTo(target, { ...config, tenant: 'tenant-b' });
    const a = await system().start(computing(), many(READY));
    const inLine = 'select count(*)::int as n from orchestrator.capacity_waiters';
    await until(async () => ((await system().rows<{ n: number }>(inLine))[0]?.n ?? 0) > READY * 0.8);
    expect(await system().client.show(a)).toMatchObject({ awaiting: 'capacity' });
    const before = requestsOf(system(), a).length;
    const startedAt = Date.now();
    const b = await system().start(computing(), many(5), tenantB);
    expect(await tenantB.result(b)).toMatchObject({ status: 'completed' });
    const seconds = (Date.now() - startedAt) / 1_000;
    const sent = requestsOf(system(), a).length - before + 5;
    await system().client.cancel(a);
    expect(await system().result(a)).toMatchObject({ status: 'cancelled' });
    const ready = await system().rows<{ at: Date }>(
      `select at from orchestrator.events where goal_id = $1 and type = 'plan-ready'`,
      [b],
    );
    const lastAt = Math.max(...requestsOf(system(), b).map(({ at }) => at));
    const waitedMs = lastAt - (ready[0]?.at.getTime() ?? 0);
    console.info(
      `fairness: ${before} of A before; B's last call ${waitedMs} ms after its plan, ${lastAt - startedAt} ms after its start; ${sent} requests in ${seconds.toFixed(1)} s meanwhile`,
    );
    expect(waitedMs).toBeLessThan(3_000);
    // Ten at once at most, and ten a second.
    expect(sent).toBeLessThanOrEqual(10 + 10 * seconds);
    await tenantB.close();
    const { raw } = await system().temporal.workflow.getHandle(`goal-${b}`).describe();
    expect(raw.workflowExecutionInfo?.priority).toMatchObject({ priorityKey: 3, fairnessKey: 'tenant-b' });
  });

  it('a goal that waits for room → one event when it begins to, one when it ends; goals of priority 5 go first', async () => {
    const low = await system().start(computing(), { ...many(60), priority: 1 });
    await until(async () => (await system().client.show(low)).awaiting === 'capacity');
    const high = await system().start(computing(), { ...many(10), priority: 5 });
    await system().result(high);
    const lowDone = (await system().client.show(low)).tasks.filter(({ status }) => status === 'done').length;
    expect(lowDone).toBeLessThan(60);
    expect(await system().result(low)).toMatchObject({ status: 'completed' });
    const shown = await system().rows<{ type: string }>(
      `select type from orchestrator.events where goal_id = $1 and type like 'awaiting%' order by seq`,
      [low],
    );
    expect(shown.map(({ type }) => type)).toEqual(['awaiting', 'awaiting-end']);
    expect(await system().client.show(low)).toMatchObject({ awaiting: null });
  });
});

const AGENTS = LONG ? 512 : 60;
const perMinute = LONG ? 600 : 300;

withSystem(
  `limits that the API enforces: ${perMinute} requests a minute`,
  { simulator: { limits: { requestsPerMinute: perMinute, inputTokensPerMinute: 1_000_000 }, latencyMs: 100 } },
  (system) => {
    it(`${AGENTS} agents → no task fails; once the limits are known, no request is rejected`, async () => {
      const rejected = () =>
        system()
          .simulator.requests.list()
          .filter(({ status }) => status === 429).length;
      const sizes = AGENTS > 500 ? [AGENTS / 2, AGENTS / 2] : [AGENTS];
      const start = () => Promise.all(sizes.map((size) => system().start(computing(), many(size))));
      if (LONG) {
        for (const goalId of await start()) expect(await long(system(), goalId)).toMatchObject({ status: 'completed' });
      } else await system().run(computing(), many(1));
      const before = { rejected: rejected(), total: system().simulator.requests.total };
      const startedAt = Date.now();
      for (const goalId of await start()) {
        const { status, census } = await long(system(), goalId);
        expect({ status, ...census.tasks }).toMatchObject({ status: 'completed', failed: 0, retried: 0 });
      }
      const seconds = (Date.now() - startedAt) / 1_000;
      const sent = system().simulator.requests.total - before.total;
      console.info(
        `limits: ${AGENTS} agents at ${perMinute} a minute: ${sent} requests in ${seconds.toFixed(1)} s, ${rejected() - before.rejected} rejected; while learning ${before.rejected}; ${JSON.stringify([...system().simulator.requests.countByOutcome()])}`,
      );
      expect(rejected()).toBe(before.rejected);
    }, 600_000);
  },
);

const long = (system: System, goalId: string) =>
  system.client.result(goalId, { signal: AbortSignal.timeout(STORM_MS + 500_000) });

/** State of a pending activity that holds a slot. */
const STARTED = 2;
const STORM_MS = Number(process.env.STORM ?? (LONG ? 600 : 5)) * 1_000;
const PROBE_MS = LONG ? 5_000 : 500;
const RETRY_AFTER = ['0', '3', '-1', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT', ...(LONG ? ['86400'] : [])];

/** Attempts that hold a slot now. */
async function started(system: System, goalId: string): Promise<string[]> {
  const { raw } = await system.temporal.workflow.getHandle(`goal-${goalId}`).describe();
  const running = raw.pendingActivities?.filter(({ state }) => state === STARTED) ?? [];
  return running.map(({ activityId, attempt }) => `${activityId}#${attempt}`);
}

withSystem(`a storm of ${STORM_MS / 1_000} s`, { claude: { probeIntervalMs: PROBE_MS } }, (system) => {
  it(
    '429 and 529 with odd retry-after over 50 tasks → at most one probe per interval, no slot held, all finish (G7)',
    async () => {
      let began = 0;
      let count = 0;
      const inStorm = () => {
        began ||= Date.now();
        return Date.now() < began + STORM_MS;
      };
      const storm: Rule = {
        when: inStorm,
        reply: () => (count++ % 2 ? overloaded() : rateLimited(RETRY_AFTER[(count >> 1) % RETRY_AFTER.length])),
      };
      const goalId = await system().start(computing(storm), many(50));
      await until(async () => began > 0 && Date.now() > began + STORM_MS * 0.7, 'the storm', STORM_MS + 60_000);
      const before = await started(system(), goalId);
      const later = Date.now() + 500;
      await until(async () => Date.now() > later);
      const after = new Set(await started(system(), goalId));
      const held = before.filter((attempt) => after.has(attempt)).length;
      expect(await long(system(), goalId)).toMatchObject({ status: 'completed', census: { modelCalls: 50 } });
      const all = system().simulator.requests.list();
      const stormy = all.filter(({ status }) => status === 429 || status === 529);
      const probes = stormy.filter(({ at }) => at > began + 1_500 + PROBE_MS);
      const endedMs = Math.max(...all.map(({ at }) => at)) - began;
      console.info(
        `storm: refused after ${stormy.map(({ at }) => ((at - began) / 1_000).toFixed(1)).join(' ')} s`,
        `storm: ${stormy.length} refused, ${probes.length} of them probes; ${held} slots held late in it; last request ${endedMs} ms after it began`,
      );
      expect(held).toBeLessThanOrEqual(1);
      expect(probes.length).toBeLessThanOrEqual(STORM_MS / PROBE_MS + 1);
    },
    STORM_MS + 600_000,
  );
});
