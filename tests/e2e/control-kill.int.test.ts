/**
 * The worker, and with it the Temporal server, is killed at the moment at which what people tell goals is being applied:
 * each call still gets its one answer, each action is told once and holds (G10, G13, G14). Real parts, a server of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { conversationKey } from '../../src/core/contracts/ids.ts';
import type { GoalEvent } from '../../src/core/events.ts';
import { demoBrain, isAttempt, isTaskCall, type Rule, text, toolUse, withLatency } from '../../src/simulator/index.ts';
import { clientConfig } from '../../src/store/connection.ts';
import { until } from '../support/until.ts';
import { type OwnServer, startOwnServer } from './support/own-server.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { replayGoals } from './support/replays.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp, type UpProcess } from './support/up-process.ts';

const KEY = 'sk-ant-test';
const BARE = { verify: 'off', synthesis: false, plan: planOf([task('a'), task('b', ['a'])]) } as const;
/** Longer than a test: only a killed worker ends such a call. */
const STUCK_MS = 60_000;

let server: OwnServer;
let system: System;
let holder: pg.Client;
let worker: UpProcess;
let slowestMs = 0;

/** What a worker writes while it applies a raise or an edit waits for a lock that the test holds. */
const hold = (name: string, table: string, condition: string): string => `
  create function orchestrator.hold_${name}() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(1); return new; end $$;
  create trigger hold_${name} before insert or update on orchestrator.${table} for each row
    when (${condition}) execute function orchestrator.hold_${name}()`;

beforeAll(async () => {
  server = await startOwnServer();
  const { temporal } = server;
  const brain = demoBrain({ minLatencyMs: 1_500, maxLatencyMs: 2_000, maxStreamMs: 20 });
  system = await startSystem({ temporal, worker: false, brain });
  holder = new pg.Client(clientConfig(system.database, 'e2e-holder'));
  await holder.connect();
  await holder.query(hold('raise', 'budget_accounts', 'new.cap_micro_usd = 7000000'));
  await holder.query(hold('edit', 'plans', 'new.revision > 0'));
  worker = await startUp(system, KEY);
}, 60_000);

afterAll(async () => {
  await worker.end('SIGKILL');
  await holder.end();
  await system.close();
  await server.close();
});

/** The first call of a task is stuck until its worker is killed; the next takes a while, in which the goal is open. */
const stuckAtFirst: readonly Rule[] = [
  { when: (request) => isTaskCall('a')(request) && isAttempt(1)(request), reply: withLatency(STUCK_MS, text('never')) },
  { when: isTaskCall('a'), reply: (request) => withLatency(1_000, computed(request)) },
];
const writes: Rule = {
  when: (request) => isTaskCall('a')(request) && request.prompt.turnsSoFar === 0,
  reply: toolUse('write_file', { path: 'a.txt', content: 'x' }),
};

const handleOf = (goalId: string) => system.temporal.workflow.getHandle(`goal-${goalId}`);

/** One thing that a person does, its right answer, and what tells it. */
interface Control {
  readonly name: string;
  /** It waits in the store while it is applied; the others wait at a worker that has got them and does not answer. */
  readonly inStore?: true;
  readonly asks?: true;
  tell(goalId: string): Promise<unknown>;
  readonly answer: unknown;
  tells(event: GoalEvent): boolean;
}

const author = 'ada';
const CONTROLS: readonly Control[] = [
  {
    name: 'raise the budget',
    inStore: true,
    tell: (goalId) => system.client.raiseBudget(goalId, { budgetUsd: 7, author }),
    answer: { budgetMicroUsd: 7_000_000 },
    tells: ({ type }) => type === 'budget-raised',
  },
  {
    name: 'edit the plan',
    inStore: true,
    tell: (goalId) => system.client.skipTask(goalId, { taskId: 'b', author }),
    answer: expect.objectContaining({
      revision: 1,
      changes: [expect.objectContaining({ task: 'b', kind: 'skipped' })],
    }),
    tells: ({ type }) => type === 'plan-edited',
  },
  {
    name: 'steer',
    tell: (goalId) => system.client.steer(goalId, { text: 'be brief', author }),
    answer: { running: 1 },
    tells: ({ type }) => type === 'steered',
  },
  {
    name: 'cancel a task',
    tell: (goalId) => system.client.cancelTask(goalId, { taskId: 'b', author }),
    answer: { state: 'cancelled' },
    tells: ({ type, taskId }) => type === 'task-end' && taskId === 'b',
  },
  {
    name: 'approve a tool',
    asks: true,
    async tell(goalId) {
      const [item] = await system.client.approvals({ goalId });
      return system.client.decide(item?.id ?? '', { verdict: 'approve', hash: item?.hash ?? '', author });
    },
    answer: expect.objectContaining({ applied: true, verdict: 'approve', by: author }),
    tells: ({ type }) => type === 'approval-decided',
  },
  {
    name: 'pause and resume',
    async tell(goalId) {
      await system.client.pause(goalId, { author });
      await system.client.resume(goalId);
    },
    answer: undefined,
    tells: ({ type, data }) => type === 'awaiting' && data.awaiting === 'resume',
  },
];

async function startGoal({ asks }: Control): Promise<string> {
  const policy = { rules: [{ tool: 'write_file', verdict: 'ask' as const }] };
  const brain = asks ? computing(writes) : computing(...stuckAtFirst);
  const goalId = await system.start(brain, { ...BARE, budgetUsd: 5, ...(asks ? { policy } : {}) });
  await until(async () => {
    const { tasks, awaiting } = await system.client.show(goalId);
    return asks ? awaiting === 'tool' : tasks[0]?.status === 'running' && system.simulator.requests.inFlight > 0;
  }, `${goalId} is at work`);
  return goalId;
}

/** Everything is told; what is applied in the store stands there, the rest is at a worker that does not go on. */
async function tellAll(goals: readonly string[]): Promise<readonly Promise<unknown>[]> {
  const told = new Map<Control, Promise<unknown>>();
  const tell = (inStore: boolean) => {
    for (const [at, control] of CONTROLS.entries()) {
      if ((control.inStore ?? false) !== inStore) continue;
      const begun = performance.now();
      const answer = control.tell(goals[at] ?? '').finally(() => {
        slowestMs = Math.max(slowestMs, performance.now() - begun);
      });
      // Looked at when all is over.
      answer.catch(() => undefined);
      told.set(control, answer);
    }
  };
  tell(true);
  await until(async () => {
    const [row] = await system.rows<{ count: number }>(
      `select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted`,
    );
    return (row?.count ?? 0) >= CONTROLS.filter(({ inStore }) => inStore).length;
  }, 'raise and edit are being applied');
  worker.signal('SIGSTOP');
  tell(false);
  await until(async () => {
    const states = await Promise.all(goals.map(async (goalId) => (await handleOf(goalId).describe()).raw));
    return states.every(({ pendingWorkflowTask }, at) => CONTROLS[at]?.inStore || pendingWorkflowTask?.startedTime);
  }, 'all are told');
  return CONTROLS.map((control) => told.get(control) ?? Promise.resolve());
}

const VICTIMS = [
  ['the worker', false],
  ['the worker and the Temporal server', true],
] as const;

/** Kills, lets go on what was held, and starts anew. */
async function killAndRestart(withServer: boolean, letGo?: () => Promise<unknown>): Promise<void> {
  await Promise.all([withServer ? server.kill() : undefined, worker.end('SIGKILL')]);
  await letGo?.();
  if (withServer) {
    await sleep(1_000);
    await server.restart();
  }
  worker = await startUp(system, KEY);
}

describe('killed while it applies what people say', () => {
  it.each(VICTIMS)(
    '%s → one answer each, told once, and it holds',
    async (_victims, withServer) => {
      const goals: string[] = [];
      for (const control of CONTROLS) goals.push(await startGoal(control));
      await holder.query('select pg_advisory_lock(1)');
      const told = await tellAll(goals);
      await killAndRestart(withServer, () => holder.query('select pg_advisory_unlock(1)'));
      const answers = await Promise.allSettled(told);
      for (const [at, { name, answer }] of CONTROLS.entries())
        expect([name, answers[at]]).toEqual([name, { status: 'fulfilled', value: answer }]);
      for (const [at, { name, tells }] of CONTROLS.entries()) {
        const goalId = goals[at] ?? '';
        await system.result(goalId);
        const events = await system.store.events.read('default', goalId, 0, 1_000);
        expect([name, events.filter(tells).length]).toEqual([name, 1]);
      }
    },
    100_000,
  );

  it.each(VICTIMS)(
    '%s, in the middle of an answer of a chat and before the next message → each answered once, its goal started once',
    async (_victims, withServer) => {
      const { conversations } = system.client;
      const { conversationId: id } = await conversations.begin();
      const key = conversationKey(id);
      const asked = () => system.simulator.requests.list().filter((request) => request.key.startsWith(key)).length;
      const events = async (type: string) => (await conversations.read(id)).filter((event) => event.type === type);
      const goals = (await system.client.list()).length;
      await conversations.say(id, { text: 'start a goal: Name two seas.', startsGoals: 'allow' });
      await until(() => asked() > 0, 'the manager is asked');
      worker.signal('SIGSTOP');
      const second = conversations.say(id, { text: 'Hello again' });
      await sleep(200);
      await killAndRestart(withServer);
      expect(await second).toMatchObject({ number: 2 });
      await until(
        async () => (await events('chat-reply')).some(({ data }) => data.number === 2 && data.last === true),
        'both are answered',
      );
      const numbers = (all: readonly GoalEvent[]) => all.map(({ data }) => data.number);
      expect(numbers(await events('chat-message'))).toEqual([1, 2]);
      // An answer may come in parts.
      expect(numbers((await events('chat-reply')).filter(({ data }) => data.last === true))).toEqual([1, 2]);
      const [started, ...more] = await events('chat-goal-started');
      expect(more).toEqual([]);
      expect(await system.client.list()).toHaveLength(goals + 1);
      const goalId = String(started?.data.goalId);
      await system.client.cancel(goalId);
      expect(await system.result(goalId)).toMatchObject({ status: 'cancelled' });
    },
    60_000,
  );

  it('their histories → replay on the code of today (G14)', async () => {
    console.info(`controls cut in the middle: the slowest answer came after ${(slowestMs / 1_000).toFixed(1)} s`);
    expect(await replayGoals(system)).toBe(VICTIMS.length * (CONTROLS.length + 2));
  });

  leavesSoundHistories(() => system);
});
