/** Forks in the store: results taken over once, with their origin, and the original as it was. */
import { blobRef } from '../../src/store/blob-ref.ts';
import type { NewFork } from '../../src/store/fork-types.ts';
import type { Store } from '../../src/store/store.ts';
import { bytes, callId, finishedCall, newGoal, plan, TENANT, task, USAGE } from './samples.ts';
import { describeStore } from './servers.ts';

const PLAN = plan([task('a'), task('b', { dependsOn: ['a'] })]);

/** A goal whose task `a` is done, checked, and has called a tool. */
async function recorded(store: Store) {
  const goalId = await newGoal(store);
  const output = bytes('The whole result');
  const outcome = { kind: 'submitted', result: blobRef(output), implicit: false } as const;
  await store.tools.begin({ ...callId(goalId), index: 0 }, { name: 'web_fetch', effect: 'read', argsHash: 'x' });
  await store.journal.record(
    finishedCall(callId(goalId), {
      result: { outcome, model: 'm', usage: USAGE, costMicroUsd: 1_500 },
      blobs: [output],
      taskResult: { output: blobRef(output), summary: 'Short', evidence: ['proof'] },
      criteria: {
        taskId: 'a',
        rows: [{ taskId: 'a', criterion: 'Is short', verdict: 'pass', quote: 'q', source: 'a', reason: 'r' }],
      },
      events: [{ type: 'task-end', taskId: 'a', data: { status: 'done' } }],
    }),
  );
  return { goalId, output: blobRef(output) };
}

async function newFork(store: Store, from: string, output: string): Promise<NewFork> {
  const goalId = await newGoal(store, []);
  const reused = [{ taskId: 'a', revision: 0, output, content: 'c'.repeat(64) }];
  const events = [{ type: 'plan-ready', number: 0, data: { title: 'A plan' } }] as const;
  return { tenant: TENANT, goalId, from, plan: PLAN, source: 'given', reused, events };
}

describeStore('forks', (context) => {
  it('source: a goal → its request, plan and results; unknown or of another tenant → nothing', async () => {
    const { store } = context;
    const { goalId, output } = await recorded(store);
    expect(await store.forks.source(TENANT, goalId)).toMatchObject({
      request: { text: 'Write a report' },
      plan: PLAN,
      tasks: [
        { taskId: 'a', status: 'done', costMicroUsd: 1_500, result: { revision: 0, output: output.hash } },
        { taskId: 'b', status: 'waiting', costMicroUsd: 0, result: null },
      ],
    });
    expect(await store.forks.source('other', goalId)).toBeUndefined();
    expect(await store.forks.source(TENANT, '0'.repeat(20))).toBeUndefined();
  });

  it('accept: once or ten times at once → one copy, with origin and verdicts, no cost, one story', async () => {
    const { store } = context;
    const { goalId: from, output } = await recorded(store);
    const before = await store.goals.detail(TENANT, from);
    const fork = await newFork(store, from, output.hash);
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.forks.accept(fork)));
    // A later one that sees more done takes over nothing more.
    const late = await store.forks.accept({ ...fork, reused: [] });
    for (const answer of [...answers, late]) expect(answer).toEqual({ ref: answers[0]?.ref, reused: ['a'] });
    const detail = await store.goals.detail(TENANT, fork.goalId);
    expect(detail).toMatchObject({
      status: 'running',
      costMicroUsd: 0,
      modelCalls: 0,
      criteria: [{ taskId: 'a', verdict: 'pass' }],
      tasks: [
        { taskId: 'a', status: 'done', summary: 'Short', reusedFrom: from, costMicroUsd: 0 },
        { taskId: 'b', status: 'waiting', reusedFrom: null },
      ],
    });
    expect(await store.results.get(TENANT, fork.goalId, 'a', 0)).toMatchObject({ text: 'The whole result', output });
    const events = await store.events.read(TENANT, fork.goalId, 0);
    expect(events.map(({ type, taskId }) => [type, taskId])).toEqual([
      ['plan-ready', null],
      ['task-reused', 'a'],
    ]);
    expect(await store.goals.detail(TENANT, from)).toEqual(before);
  });

  it('accept: a result that is another by now → not taken over', async () => {
    const { store } = context;
    const { goalId: from } = await recorded(store);
    const fork = await newFork(store, from, 'f'.repeat(64));
    expect(await store.forks.accept(fork)).toMatchObject({ reused: [] });
    expect(await store.results.latest(TENANT, fork.goalId, ['a'])).toEqual([]);
  });

  it('what came from outside → stays untrusted in the fork, and in a fork of it', async () => {
    const { store } = context;
    const { goalId: from, output } = await recorded(store);
    const first = await newFork(store, from, output.hash);
    await store.forks.accept(first);
    const second = await newFork(store, first.goalId, output.hash);
    await store.forks.accept(second);
    const called = (tasks: string[], tools = ['web_fetch']) =>
      store.tools.anyCalled(TENANT, second.goalId, { tasks, tools });
    expect(await called(['a', 'b'])).toBe(true);
    expect(await called(['b'])).toBe(false);
    expect(await called(['a'], ['read_file'])).toBe(false);
    expect((await store.goals.detail(TENANT, second.goalId))?.tasks[0]?.reusedFrom).toBe(from);
  });

  it('a replan of the fork → what was taken over stays done', async () => {
    const { store } = context;
    const { goalId: from, output } = await recorded(store);
    const fork = await newFork(store, from, output.hash);
    await store.forks.accept(fork);
    const next = plan([task('a'), task('c', { dependsOn: ['a'] })]);
    await store.plans.accept({ tenant: TENANT, goalId: fork.goalId, revision: 1, plan: next, source: 'manager' });
    expect((await store.goals.detail(TENANT, fork.goalId))?.tasks).toMatchObject([
      { taskId: 'a', status: 'done', reusedFrom: from },
      { taskId: 'c', status: 'waiting' },
    ]);
  });
});
