/**
 * A client process submits goals with idempotency keys while it, the Temporal server and the store are killed at random:
 * what was acknowledged exists once and comes to its end (G1). LONG=1: 300 goals, 20 kills. SEED=<n>: other kills.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { readInstance, recordedStore } from '../../src/integrations/instance/record.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { until } from '../support/until.ts';
import { auditGoals } from './support/audit.ts';
import { type OwnInstance, startOwnInstance } from './support/own-instance.ts';
import { computing, planOf, random, task } from './support/plans.ts';
import { type Submissions, startSubmitter } from './support/submitter.ts';

const FULL = process.env.LONG === '1';
const SEED = Number(process.env.SEED ?? 1);
const GOALS = FULL ? 300 : 40;
const KILLS = FULL ? 20 : 4;
const PLAN = planOf([task('a'), task('b', ['a'])]);
const REQUEST = { text: 'Two tasks', plan: PLAN, verify: 'off', synthesis: false } as const;
const KEYS = Array.from({ length: GOALS }, (_, at) => `key-${at}`);
const VICTIMS = ['temporal', 'client', 'postgres'] as const;

let simulator: Simulator;
let instance: OwnInstance;
beforeAll(async () => {
  simulator = await startSimulator({ brain: computing(), latencyMs: 50 });
  instance = await startOwnInstance(simulator);
});
afterAll(async () => {
  await instance.close();
  await simulator.close();
});

/** Kills one after the other at random moments, each in turn, but the order of a round is random. */
async function storm(submissions: Submissions): Promise<Record<string, number>> {
  const next = random(SEED);
  const kills = { temporal: 0, client: 0, postgres: 0 };
  for (let at = 0, first = 0; at < KILLS; at++) {
    if (at % VICTIMS.length === 0) first = Math.floor(next() * VICTIMS.length);
    const victim = VICTIMS[(first + at) % VICTIMS.length] ?? 'client';
    await sleep(500 + next() * 2_000);
    if (victim === 'client') await until(() => submissions.killAndRestart(), 'a client is there to kill');
    else await instance.killServer(victim);
    kills[victim] += 1;
  }
  return kills;
}

/** Every stored goal by its key; keys are unique in the store, so that a doubled goal would have none. */
async function storedGoals(sql: pg.Pool): Promise<Map<string, string>> {
  const { rows } = await sql.query('select goal_id, idempotency_key as key from orchestrator.goals');
  expect(rows.filter(({ key }) => key === null)).toEqual([]);
  return new Map(rows.map(({ goal_id, key }) => [key as string, goal_id as string]));
}

/** Both servers, once they answer: the last kill may be a moment ago, and a server may return at another address. */
async function servers(): Promise<{ sql: pg.Pool; temporal: Client }> {
  return until(async () => {
    const record = await readInstance(instance.dir);
    if (!record?.store || !record.temporal) return undefined;
    const { address, namespace } = record.temporal;
    const sql = new pg.Pool({ ...clientConfig(recordedStore(record, undefined), 'e2e'), max: 2 });
    try {
      await sql.query('select 1');
      return { sql, temporal: new Client({ connection: await Connection.connect({ address }), namespace }) };
    } catch {
      await sql.end();
      return undefined;
    }
  }, 'both servers answer');
}

/** Runs of goals that Temporal knows, with their states; its list may be a moment late. */
async function temporalRuns({ workflow }: Client, least: number): Promise<Map<string, string[]>> {
  const runs = new Map<string, string[]>();
  await until(async () => {
    runs.clear();
    for await (const { workflowId, status } of workflow.list({ query: `WorkflowType = 'goalWorkflow'` })) {
      runs.set(workflowId, [...(runs.get(workflowId) ?? []), status.name]);
    }
    const open = [...runs.values()].filter((names) => names.includes('RUNNING'));
    return runs.size >= least && open.length === 0;
  }, 'every goal is listed');
  return runs;
}

describe('a storm over client, Temporal and store', () => {
  it(
    `${GOALS} goals, ${KILLS} kills → every acknowledged goal exists once and ends right (G1)`,
    async () => {
      const submissions = startSubmitter(instance.dataDir, REQUEST, KEYS);
      const kills = await storm(submissions);
      await submissions.finish();
      const { sql, temporal } = await servers();
      const open = 'select 1 from orchestrator.goals where ended_at is null limit 1';
      await until(async () => (await sql.query(open)).rows.length === 0, 'all goals have ended');
      const stored = await storedGoals(sql);
      const goals = new Map([...stored.values()].map((goalId) => [goalId, PLAN]));
      const rows = async <Row>(statement: string, values: readonly unknown[] = []) =>
        (await sql.query(statement, [...values])).rows as Row[];
      const { paidTwice } = await auditGoals({ rows, simulator }, goals);
      await sql.end();
      const runs = await temporalRuns(temporal, goals.size);
      await temporal.connection.close();
      const { acknowledged, tried, answered, refused } = submissions;
      process.stdout.write(
        `G1: ${acknowledged.size} of ${GOALS} goals acknowledged over kills of ${JSON.stringify(kills)} ` +
          `(up started again ${instance.restarts} times); ${answered} of ${tried} submissions acknowledged ` +
          `(${Math.round((100 * answered) / tried)} %), refused ${JSON.stringify(Object.fromEntries(refused))}; ` +
          `${stored.size} stored, ${runs.size} in Temporal, ${paidTwice.length} calls answered twice\n`,
      );
      const lost = [...acknowledged].filter(([key, ids]) => ids.size !== 1 || !ids.has(stored.get(key) ?? ''));
      expect(lost).toEqual([]);
      expect(acknowledged.size).toBe(GOALS);
      expect(answered / tried).toBeGreaterThanOrEqual(0.5);
      expect(stored.size).toBe(GOALS);
      const wrong = [...goals.keys()].filter((id) => runs.get(`goal-${id}`)?.join() !== 'COMPLETED');
      expect(wrong).toEqual([]);
      expect(runs.size).toBe(GOALS);
    },
    FULL ? 600_000 : 240_000,
  );
});
