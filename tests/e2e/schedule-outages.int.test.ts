/** Schedules every two seconds through outages of server and worker, one per overlap policy (G21). Real parts, a server of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OVERLAPS, type Overlap, type ScheduleDetail } from '../../src/core/schedule.ts';
import { isTaskCall, withLatency } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { type OwnServer, startOwnServer } from './support/own-server.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

const INTERVAL_MS = 2_000;
const CATCHUP_MS = 10_000;
const LATE_MS = 4_000;
/** A worker that stops may still take up what was on its way to it. */
const STOPPING_MS = 1_000;
/** Under these one goal runs at a time. */
const ONE_AT_A_TIME: readonly Overlap[] = ['skip', 'bufferOne', 'bufferAll', 'cancelOther'];

/** Who is away for how long, after so long a time at work. */
interface Outage {
  readonly afterMs: number;
  readonly server: boolean;
  readonly forMs: number;
}

const SHORT: readonly Outage[] = [{ afterMs: 2_000, server: true, forMs: 15_000 }];
const LONG: readonly Outage[] = [
  { afterMs: 20_000, server: true, forMs: 2_000 },
  { afterMs: 20_000, server: false, forMs: 20_000 },
  { afterMs: 20_000, server: true, forMs: 60_000 },
];
const OUTAGES = process.env.LONG ? LONG : SHORT;
const LAST_MS = process.env.LONG ? 38_000 : 2_000;

interface Away extends Outage {
  readonly from: number;
  /** When the first part was started again. */
  readonly to: number;
}

let server: OwnServer;
let system: System;
let stopWorker: () => Promise<void>;
const away: Away[] = [];
const details = new Map<Overlap, ScheduleDetail>();

async function suffer(outage: Outage): Promise<void> {
  await sleep(outage.afterMs);
  const from = Date.now();
  await stopWorker();
  if (outage.server) await server.stop();
  await sleep(outage.forMs - (Date.now() - from));
  const to = Date.now();
  if (outage.server) await server.restart();
  stopWorker = await runWorker(system);
  away.push({ ...outage, from, to });
}

/** Waits until every schedule has begun a further goal. */
async function allGoOn(since: Date): Promise<void> {
  await until(async () => {
    const found = await system.rows(
      'select distinct schedule_id from orchestrator.schedule_ticks where goal_id is not null and at >= $1',
      [since],
    );
    return found.length === OVERLAPS.length;
  }, 'every schedule goes on');
}

const idOf = (overlap: Overlap) => `every-two-${overlap.toLowerCase()}`;

beforeAll(async () => {
  server = await startOwnServer();
  const { temporal } = server;
  const schedules = { minIntervalMs: 1_000, lateAfterMs: LATE_MS };
  system = await startSystem({ temporal, schedules, worker: false });
  stopWorker = await runWorker(system);
  const slow = computing({ when: isTaskCall(), reply: (request) => withLatency(2_500, computed(request)) });
  for (const overlap of OVERLAPS) {
    const goal = system.script(slow, { plan: planOf([task('a')]) });
    await system.client.schedules.create({
      ...{ id: idOf(overlap), goal, overlap, interval: { every: '2s' }, catchupWindow: '10s' },
    });
  }
  for (const outage of OUTAGES) {
    await allGoOn(new Date());
    await suffer(outage);
  }
  await allGoOn(new Date());
  await sleep(LAST_MS);
  for (const overlap of OVERLAPS) details.set(overlap, await system.client.schedules.show(idOf(overlap)));
  for (const overlap of OVERLAPS) await system.client.schedules.delete(idOf(overlap));
  await until(async () => {
    // A tick that was terminated too early leaves one that nobody starts.
    await system.client.reconcile();
    return (await system.store.goals.openCount()) === 0;
  }, 'no goal is open');
}, 300_000);

afterAll(async () => {
  await stopWorker();
  await system.close();
  await server.close();
});

interface Row {
  readonly at: Date;
  readonly goal_id: string | null;
  readonly skipped: string | null;
  readonly late: boolean;
  readonly late_ms: string;
  readonly created_at: Date;
  readonly ended_at: Date;
  readonly tags: readonly string[];
}

const rowsOf = (overlap: Overlap) =>
  system.rows<Row>(
    `select t.nominal_at as at, t.goal_id, t.skipped, t.late, t.late_ms, g.created_at, g.ended_at, g.tags
     from orchestrator.schedule_ticks t left join orchestrator.goals g using (tenant, goal_id)
     where t.schedule_id = $1 order by t.nominal_at`,
    [idOf(overlap)],
  );

describe('every two seconds, through outages', () => {
  it.each(OVERLAPS)(
    '%s → each tick one goal at most, none older than the window, late ones marked (G21)',
    async (overlap) => {
      const rows = await rowsOf(overlap);
      const withGoal = rows.filter(({ goal_id }) => goal_id !== null);
      expect(withGoal.length).toBeGreaterThan(OUTAGES.length);
      const goals = await system.rows<{ key: string }>(
        `select idempotency_key as key from orchestrator.goals where idempotency_key like $1`,
        [`schedule/${idOf(overlap)}/%`],
      );
      expect(goals).toHaveLength(withGoal.length);
      expect(new Set(withGoal.map(({ goal_id }) => goal_id)).size).toBe(withGoal.length);
      expect(new Set(rows.map(({ at }) => at.getTime())).size).toBe(rows.length);
      for (const { at } of rows) expect(at.getTime() % INTERVAL_MS).toBe(0);
      // What the server could not see is missed; what it saw while no worker ran, it may have buffered.
      const buffers = overlap === 'bufferOne' || overlap === 'bufferAll';
      for (const { from, to, server: wasServer } of away) {
        const lost = withGoal.filter(({ at }) => at.getTime() > from + STOPPING_MS && at.getTime() < to - CATCHUP_MS);
        expect(buffers && !wasServer ? [] : lost).toEqual([]);
      }
      for (const row of withGoal) {
        expect([row.at, row.late]).toEqual([row.at, Number(row.late_ms) > LATE_MS]);
        expect(row.tags.includes('late')).toBe(row.late);
      }
      const late = withGoal.filter(({ late: isLate }) => isLate).length;
      const found = details.get(overlap);
      const outcomes = (['goal', 'skipped', 'overlap', 'missed'] as const).map(
        (outcome) => `${found?.ticks.filter((tick) => tick.outcome === outcome).length} ${outcome}`,
      );
      console.info(
        `G21: ${overlap}: ${withGoal.length} goals, ${late} late, ${rows.length - withGoal.length} skipped, at most ${atOnce(withGoal)} at once; ` +
          `the server counts ${found?.missed} missed, ${found?.overlapped} overlapping; last ticks: ${outcomes.join(', ')}`,
      );
      if (ONE_AT_A_TIME.includes(overlap)) expect(atOnce(withGoal)).toBe(1);
      expect(burst(withGoal)).toBeLessThanOrEqual(overlap === 'allowAll' ? CATCHUP_MS / INTERVAL_MS + 2 : 1);
    },
  );

  it('what did not come, or late → counted and explained, tick by tick (G21)', async () => {
    const late = await system.rows('select 1 from orchestrator.schedule_ticks where late and goal_id is not null');
    expect(late.length).toBeGreaterThan(0);
    for (const { missed } of details.values()) expect(missed).toBeGreaterThan(0);
    expect(details.get('skip')?.overlapped).toBeGreaterThan(0);
    const ticks = [...details.values()].flatMap((detail) => detail.ticks);
    const outcomes = ticks.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(expect.arrayContaining(['goal', 'overlap']));
    for (const tick of ticks) expect(tick.outcome === 'goal').toBe(tick.reason === null);
  });
});

/** The most goals that were open at one moment. */
function atOnce(rows: readonly Row[]): number {
  return Math.max(
    0,
    ...rows.map(({ created_at: at }) => rows.filter((row) => row.created_at <= at && row.ended_at > at).length),
  );
}

/** The most goals of ticks of the time away that began within half an interval after a return; what is on time comes on top. */
function burst(rows: readonly Row[]): number {
  return Math.max(
    0,
    ...away.flatMap(({ to }) => {
      const began = rows
        .filter(({ at, created_at }) => at.getTime() < to && created_at.getTime() >= to)
        .map(({ created_at }) => created_at.getTime())
        .filter((at) => at < to + CATCHUP_MS);
      return began.map((at) => began.filter((other) => other >= at && other < at + INTERVAL_MS / 2).length);
    }),
  );
}
