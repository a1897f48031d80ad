/**
 * Work items of every kind wait while the Temporal server and the worker are killed: five people answer each at once, with
 * the same and with different verdicts, one item's time is over meanwhile (G10). Real parts, a server of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo } from '../../src/client/connect.ts';
import type { OrchestratorClient } from '../../src/client/orchestrator-client.ts';
import type { ApprovalView } from '../../src/core/approval.ts';
import type { DecideResult, Verdict } from '../../src/core/contracts/approvals.ts';
import { OrchestratorError } from '../../src/core/failures.ts';
import type { GoalPolicy } from '../../src/core/policy.ts';
import { type Brain, submit, toolUse } from '../../src/simulator/index.ts';
import { until } from '../support/until.ts';
import { type OwnServer, startOwnServer } from './support/own-server.ts';
import { planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const PEOPLE = ['ada', 'bob', 'cy', 'dee', 'eve'];
const EXPIRY_MS = 6_000;
const KEY = 'sk-ant-test';
const plan = planOf([task('a')]);
const BARE = { verify: 'off', synthesis: false } as const;
const askToWrite: GoalPolicy = { rules: [{ tool: 'write_file', verdict: 'ask' }] };

let server: OwnServer;
let system: System;
let worker: UpProcess;
const clients: OrchestratorClient[] = [];

beforeAll(async () => {
  server = await startOwnServer();
  const { temporal } = server;
  system = await startSystem({ temporal, worker: false });
  const target = { temporal, store: system.database, simulated: true };
  for (const _ of PEOPLE) clients.push(await connectTo(target, system.config));
});

afterAll(async () => {
  await worker.end('SIGKILL');
  await Promise.all(clients.map((client) => client.close()));
  await system.close();
  await server.close();
});

/** Calls one tool, then submits. */
const first =
  (name: string, input: object): Brain =>
  ({ prompt }) =>
    prompt.turnsSoFar === 0 ? toolUse(name, input) : submit({ summary: 'done', output: 'done' });
const writes = first('write_file', { path: 'report.md', content: 'x' });

async function openItem(goalId: string): Promise<ApprovalView> {
  let item: ApprovalView | undefined;
  await until(async () => {
    [item] = await system.client.approvals({ goalId });
    return item !== undefined;
  }, `${goalId} asks`);
  return item as ApprovalView;
}

/** A question is answered with a text. */
const noteFor = ({ kind }: ApprovalView) => (kind === 'question' ? { note: 'Euros' } : {});

/** As a person would who is told that the server does not answer: again. */
async function insist(at: number, item: ApprovalView, verdict: Verdict): Promise<DecideResult & { tries: number }> {
  const [client, author] = [clients[at] as OrchestratorClient, PEOPLE[at] as string];
  for (let tries = 1; ; tries++) {
    try {
      return { tries, ...(await client.decide(item.id, { verdict, hash: item.hash, author, ...noteFor(item) })) };
    } catch (error) {
      if (!(error instanceof OrchestratorError && error.code === 'temporal.unavailable')) throw error;
      await sleep(200);
    }
  }
}

const everybody = (item: ApprovalView, verdictOf: (at: number) => Verdict) =>
  Promise.all(PEOPLE.map((_, at) => insist(at, item, verdictOf(at))));

const eventsOf = async (goalId: string, type: string) =>
  (await system.store.events.read('default', goalId, 0, 1_000)).filter((event) => event.type === type);

describe('server and worker are killed while people are asked', () => {
  it('five answer each item at once → one verdict each, all told the same; nothing runs twice; time over → denied (G10)', async () => {
    worker = await startUp(system, KEY, { env: { ORCHESTRATOR_APPROVALS__EXPIRES_AFTER_MS: String(EXPIRY_MS) } });
    const expiring = await system.start(writes, { ...BARE, plan, policy: askToWrite });
    const short = await openItem(expiring);
    await worker.end('SIGKILL');
    worker = await startUp(system, KEY);
    const asking = {
      same: await system.start(writes, { ...BARE, plan, policy: askToWrite }),
      mixed: await system.start(writes, { ...BARE, plan, policy: askToWrite }),
      question: await system.start(first('ask_person', { question: 'Which currency?' }), { ...BARE, plan }),
      plan: await system.start(writes, { ...BARE, plan, approvePlan: 'ask' }),
      // One call: what is raised for it is enough.
      budget: await system.start(() => submit({ summary: 'done', output: 'done' }), {
        ...BARE,
        plan,
        budgetUsd: 0.001,
      }),
    };
    const names = Object.keys(asking) as (keyof typeof asking)[];
    const items = await Promise.all(names.map((name) => openItem(asking[name])));
    expect(items.map(({ kind }) => kind)).toEqual(['tool', 'tool', 'question', 'plan', 'budget']);

    await Promise.all([server.kill(), worker.end('SIGKILL')]);
    const answers = Promise.all(
      items.map((item, at) => everybody(item, (person) => (at === 0 || person % 2 === 0 ? 'approve' : 'deny'))),
    );
    const overMs = Date.parse(short.expiresAt ?? '') + 500 - Date.now();
    await sleep(Math.max(2_000, overMs));
    await server.restart();
    worker = await startUp(system, KEY);

    const verdicts = await answers;
    for (const [at, told] of verdicts.entries()) {
      const { verdict, by = '' } = told[0] ?? {};
      for (const answer of told)
        expect([names[at], answer]).toEqual([names[at], expect.objectContaining({ verdict, by })]);
      // Whoever did not hear the first answer and asked again is told that it was he.
      const winner = told[PEOPLE.indexOf(by)];
      const applied = told.filter((answer) => answer.applied);
      expect([names[at], applied]).toEqual([names[at], (winner?.tries ?? 0) > 1 ? expect.any(Array) : [winner]]);
      expect(applied.length).toBeLessThanOrEqual(1);
    }
    const statuses: string[] = [];
    for (const [at, name] of names.entries()) {
      const goalId = asking[name];
      const end = await system.result(goalId).catch(async () => {
        const [detail, open] = [await system.client.show(goalId), await system.client.approvals({ goalId, all: true })];
        throw new Error(
          `${name} did not end: ${JSON.stringify({ status: detail.status, awaiting: detail.awaiting, reason: detail.reason, open, told: verdicts[at] })}`,
        );
      });
      statuses.push(end.status);
      const decided = await eventsOf(goalId, 'approval-decided');
      const [{ verdict, by } = { verdict: 'none', by: 'nobody' }] = verdicts[at] ?? [];
      expect([name, decided.map(({ data }) => [data.verdict, data.by])]).toEqual([name, [[verdict, by]]]);
      expect((await eventsOf(goalId, 'approval-request')).length).toBe(1);
      const runs = await system.rows('select 1 from orchestrator.tool_calls where goal_id = $1', [goalId]);
      expect([name, runs.length <= 1]).toEqual([name, true]);
    }
    const tries = verdicts.flat().map((answer) => answer.tries);
    console.info(
      `G10: server and worker killed with ${items.length} items open, ${PEOPLE.length} people each: ` +
        `${verdicts.map(([told]) => `${told?.verdict} by ${told?.by}`).join(', ')}; ` +
        `asked again up to ${Math.max(...tries)} times; goals ${statuses.join(', ')}`,
    );

    expect(await system.result(expiring)).toMatchObject({ status: 'completed' });
    expect(await eventsOf(expiring, 'approval-decided')).toMatchObject([{ data: { verdict: 'deny', by: 'expiry' } }]);
    const late = await clients[0]?.decide(short.id, { verdict: 'approve', hash: short.hash, author: 'ada' });
    expect(late).toMatchObject({ applied: false, verdict: 'deny', by: 'expiry' });
    const [call] = await system.rows<{ is_error: boolean }>(
      'select is_error from orchestrator.tool_calls where goal_id = $1',
      [expiring],
    );
    expect(call?.is_error).toBe(true);
  }, 170_000);

  leavesSoundHistories(() => system);
});
