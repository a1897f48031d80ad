/** A conversation with the manager on the real parts: goals started, reported and read; kept over restarts. */
import { conversationKey } from '../../src/core/contracts/ids.ts';
import type { EventType, GoalEvent } from '../../src/core/events.ts';
import { demoBrain } from '../../src/simulator/index.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { runWorker, type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  const brain = demoBrain({ minLatencyMs: 0, maxLatencyMs: 5, maxStreamMs: 20 });
  system = await startSystem({ brain, worker: false });
});
afterAll(() => system.close());

/** The first event after `afterSeq` that is meant. */
async function eventOf(id: string, type: EventType, meant: (data: GoalEvent['data']) => boolean = () => true) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const event of system.client.conversations.watch(id, { signal }))
    if (event.type === type && meant(event.data)) return event;
  throw new Error(`no ${type} within ${PATIENCE_MS} ms`);
}

/** Says something and gives the last part of the reply. */
async function ask(id: string, text: string, startsGoals: 'ask' | 'allow' | 'deny' = 'allow'): Promise<string> {
  const { number } = await system.client.conversations.say(id, { text, startsGoals });
  const { data } = await eventOf(id, 'chat-reply', (reply) => reply.number === number && reply.last === true);
  return String(data.text);
}

describe('conversations', () => {
  it('a goal from a chat → started once, reported, read; new worker, lost workflow → the conversation goes on', async () => {
    const { conversations } = system.client;
    const { conversationId: id } = await conversations.begin();
    const stopFirst = await runWorker(system);
    expect(await ask(id, 'Hello there')).toContain('Hello there');
    expect(await ask(id, 'start a goal: Compare two ways to keep 3 time series.', 'deny')).toContain('did not allow');
    expect(await system.client.list()).toEqual([]);
    const started = await ask(id, 'start a goal: Compare two ways to keep 3 time series.');
    const [goal] = await system.client.list();
    expect(started).toContain(goal?.goalId);
    await stopFirst();

    const stopSecond = await runWorker(system);
    const { data } = await eventOf(id, 'chat-goal-ended');
    expect(data).toMatchObject({ goalId: goal?.goalId, status: 'completed', hasDeliverable: true });
    await system.temporal.workflow.getHandle(conversationKey(id)).terminate('as an operator may');
    expect(await ask(id, `read the deliverable of ${goal?.goalId}`)).toContain('time series');
    await stopSecond();

    const events = await conversations.read(id);
    const told = events
      .filter(({ type }) => type.startsWith('chat-'))
      .map(({ type, data: { number } }) => [type, number]);
    expect(told).toEqual([
      ...[1, 2, 3].flatMap((number) => [
        ['chat-message', number],
        ...(number === 3 ? [['chat-goal-started', 3]] : []),
        ['chat-reply', number],
      ]),
      ['chat-goal-ended', 4],
      ['chat-message', 5],
      ['chat-reply', 5],
    ]);
    const [{ paid, calls } = { paid: '', calls: '' }] = await system.rows<{ paid: string; calls: string }>(
      `select sum(cost_micro_usd) as paid, count(*) as calls from orchestrator.usage_ledger where goal_id = $1`,
      [conversationKey(id)],
    );
    const [summary] = await conversations.list();
    expect(summary).toMatchObject({
      conversationId: id,
      title: 'Hello there',
      messages: 4,
      costMicroUsd: Number(paid),
    });
    expect([Number(calls), Number(paid) > 0]).toEqual([7, true]);
  });

  it('a person is asked and denies → no goal, and the manager says so', async () => {
    const stop = await runWorker(system);
    const { conversationId: id } = await system.client.conversations.begin();
    const answer = ask(id, 'start a goal: Paint the fence.', 'ask');
    const before = (await system.client.list()).length;
    await eventOf(id, 'approval-request');
    const [item] = await system.client.approvals();
    expect(item).toMatchObject({ tool: 'start_goal', title: 'Start a goal: Paint the fence.' });
    expect((await system.client.approval(item?.id ?? '')).arguments).toEqual({ text: 'Paint the fence.' });
    await system.client.decide(item?.id ?? '', { verdict: 'deny', hash: item?.hash ?? '', author: 'ada' });
    expect(await answer).toContain('did not allow');
    expect(await system.client.list()).toHaveLength(before);
    await stop();
  });

  it('35: 12 messages at once, and a worker only later → each is taken once, and answered in its turn', async () => {
    const { conversations } = system.client;
    const { conversationId: id } = await conversations.begin();
    const said = Array.from({ length: 12 }, (_, at) =>
      conversations.say(id, { text: `Hello ${at}`, startsGoals: 'deny' }),
    );
    const stop = await runWorker(system);
    const numbers = (await Promise.all(said)).map(({ number }) => number);
    expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
    await eventOf(id, 'chat-reply', (reply) => reply.number === 12 && reply.last === true);
    await stop();
  });

  it('a long history → the newest messages within the window, and a note of what was left out', async () => {
    const { store } = system;
    const tenant = 'default';
    const { conversationId } = await system.client.conversations.begin();
    const key = conversationKey(conversationId);
    for (let number = 1; number <= 40; number++)
      await store.conversations.take({
        ...{ tenant, key, number, text: `${number} ${'x'.repeat(90)}` },
        event: { type: 'chat-message', number, data: { number } },
      });
    const wanted = (upTo: number) => store.conversations.recent(tenant, key, { upTo, bytes: 1_000, entryBytes: 6_000 });
    expect(await wanted(8)).toMatchObject({ leftOut: 0 });
    const found = await wanted(40);
    expect(found.entries.at(-1)).toMatchObject({ revision: 40, position: 0, role: 'user' });
    expect(found.entries.length).toBeLessThanOrEqual(11);
    expect(found.leftOut).toBe(40 - found.entries.length);
    // It moves on in steps, so that what requests begin with stays cached.
    const starts = await Promise.all(
      [31, 32, 33, 34, 35, 36, 37, 38].map(async (upTo) => (await wanted(upTo)).leftOut),
    );
    expect(new Set(starts).size).toBeLessThanOrEqual(3);
    expect(await store.conversations.next(tenant, key)).toEqual({ message: 41, event: 41 });
  });
});
