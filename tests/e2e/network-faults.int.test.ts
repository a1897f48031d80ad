/**
 * Lines between worker, client, Temporal, Claude and the store that are cut, silent, slow or half open: every goal ends
 * right, and work goes on soon after the line is back (G19). LONG=1: every line with every fault, up to 60 s.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo } from '../../src/client/connect.ts';
import type { OrchestratorClient } from '../../src/client/orchestrator-client.ts';
import type { PlanInput } from '../../src/core/plan.ts';
import { until } from '../support/until.ts';
import { auditGoals } from './support/audit.ts';
import { hostAndPort, type Line, type LineFault, startLine, storeTarget } from './support/links.ts';
import { computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { databaseUrl, startUp, type UpProcess } from './support/up-process.ts';

const FULL = process.env.LONG === '1';
const BARE = { verify: 'off', synthesis: false } as const;
const PROGRESS_MS = 15_000;
/** Each goal is a chain, so that it has one call in flight. */
const GOALS = 4;
const LATENCY_MS = 300;

type LineName = 'Temporal' | 'Claude' | 'store' | 'client';
type Case = readonly [line: LineName, fault: LineFault, seconds: number];
const FAULTS: readonly (readonly [LineFault, number])[] = [
  ['cut', 10],
  ['black-hole', 10],
  ['black-hole', 60],
  ['delay', 10],
  ['half-open', 10],
];
const LINES: readonly LineName[] = ['Temporal', 'Claude', 'store', 'client'];
const EVERY: readonly Case[] = LINES.flatMap((line) =>
  FAULTS.map(([fault, seconds]) => [line, fault, seconds] as const),
);
const CASES: readonly Case[] = FULL
  ? EVERY
  : [
      ['Temporal', 'black-hole', 5],
      ['Claude', 'cut', 5],
    ];

let system: System;
let up: UpProcess;
let client: OrchestratorClient;
let lines: Record<LineName, Line>;
beforeAll(async () => {
  system = await startSystem({ worker: false, simulator: { latencyMs: LATENCY_MS } });
  const [Temporal, Claude, store, toClient] = await Promise.all([
    startLine(hostAndPort(system.address)),
    startLine(hostAndPort(system.simulator.url)),
    startLine(storeTarget(system.database)),
    startLine(hostAndPort(system.address)),
  ]);
  lines = { Temporal, Claude, store, client: toClient };
  up = await startUp(system, 'sk-ant-test', {
    env: {
      TEMPORAL_ADDRESS: Temporal.address,
      ANTHROPIC_BASE_URL: `http://${Claude.address}`,
      DATABASE_URL: throughLine(store),
    },
  });
  const temporal = { address: toClient.address, namespace: system.namespace };
  client = await connectTo({ temporal, store: system.database, simulated: true }, system.config);
});
afterAll(async () => {
  await up.end('SIGKILL');
  await client.close();
  await Promise.all(Object.values(lines).map((line) => line.close()));
  await system.close();
});

function throughLine(line: Line): string {
  const url = new URL(databaseUrl(system.database));
  url.host = line.address;
  url.searchParams.delete('host');
  return url.href;
}

/** Long enough to outlast the fault when the line is not needed. */
const chain = (seconds: number): PlanInput =>
  planOf(
    Array.from({ length: Math.min(60, 6 + seconds * 2) }, (_, at) => task(`t${at}`, at === 0 ? [] : [`t${at - 1}`])),
  );

/** Time of the latest answered call of these goals, by this machine's clock. */
async function latestTurn(goalIds: readonly string[]): Promise<number> {
  const [row] = await system.rows<{ at: Date | null }>(
    `select max(at) as at from orchestrator.events where type = 'turn-end' and goal_id = any($1)`,
    [goalIds],
  );
  return row?.at?.getTime() ?? 0;
}

/** Ms from `since` until a call is answered; 0 when the goals ended before. */
async function progressAfter(since: number, goalIds: readonly string[]): Promise<number> {
  const open = 'select 1 from orchestrator.goals where ended_at is null and goal_id = any($1)';
  if ((await system.rows(open, [goalIds])).length === 0) return 0;
  await until(async () => (await latestTurn(goalIds)) > since, 'a call is answered');
  return (await latestTurn(goalIds)) - since;
}

/** A goal over the client's own line, asked for again and again under one key as a script would. */
async function submit(key: string, plan: PlanInput): Promise<{ goalId: string; acknowledgedAt: number }> {
  for (;;) {
    try {
      // The first goal's brain answers: it is known by this line.
      const { goalId } = await client.start({ ...BARE, text: 'Goal 1', plan, idempotencyKey: key });
      return { goalId, acknowledgedAt: Date.now() };
    } catch (error) {
      if (!/unavailable/.test(String((error as { code?: unknown }).code))) throw error;
      await sleep(500);
    }
  }
}

async function runCase([name, fault, seconds]: Case) {
  system.simulator.requests.reset();
  const plan = chain(name === 'client' || fault === 'delay' || fault === 'half-open' ? seconds : 1);
  const goalIds = await Promise.all(Array.from({ length: GOALS }, () => system.start(computing(), { ...BARE, plan })));
  await until(() => system.simulator.requests.countByKey().size >= GOALS * 2, 'all goals make calls');
  lines[name].break(fault);
  const submitting = submit(`${name}-${fault}-${seconds}`, plan);
  await sleep(seconds * 1_000);
  lines[name].heal();
  const healedAt = Date.now();
  const [progressMs, { goalId, acknowledgedAt }] = await Promise.all([progressAfter(healedAt, goalIds), submitting]);
  const all = [...goalIds, goalId];
  const results = await Promise.all(
    all.map((id) => system.client.result(id, { signal: AbortSignal.timeout(120_000) })),
  );
  expect(results.map(({ status }) => status)).toEqual(all.map(() => 'completed'));
  const { calls, paidTwice } = await auditGoals(system, new Map(all.map((id) => [id, plan])));
  const sent = [...system.simulator.requests.countByKey()].filter(([key]) => all.includes(key.split('/', 1)[0] ?? ''));
  const repeated = sent.reduce((sum, [, count]) => sum + count - 1, 0);
  const acknowledgedMs = Math.max(0, acknowledgedAt - healedAt);
  process.stdout.write(
    `G19 ${name} ${fault} ${seconds} s: progress ${progressMs} ms after, a start acknowledged ${acknowledgedMs} ms after; ` +
      `${all.length} of ${all.length} goals right, ${repeated} of ${calls} calls repeated, ${paidTwice.length} answered twice\n`,
  );
  return { progressMs, acknowledgedMs, repeated };
}

describe('a broken line', () => {
  it.each(CASES)(
    '%s: %s for %i s → all goals right, progress within 15 s, repeats at most what was in flight (G19)',
    async (...one) => {
      const { progressMs, acknowledgedMs, repeated } = await runCase(one);
      expect(progressMs).toBeLessThanOrEqual(PROGRESS_MS);
      expect(acknowledgedMs).toBeLessThanOrEqual(PROGRESS_MS);
      expect(repeated).toBeLessThanOrEqual(GOALS + 1);
    },
    240_000,
  );

  leavesSoundHistories(() => system);
});
