/** People edit the plan of a running goal: whole or not at all, never what has started, and nothing is forgotten (G22). */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, WorkflowUpdateFailedError } from '@temporalio/client';
import type { CallModelInput, TurnOutcome } from '../../src/core/contracts/calls.ts';
import { cancelTaskUpdate, editPlanUpdate, getStatusQuery } from '../../src/core/contracts/messages.ts';
import type { EditPlanInput } from '../../src/core/contracts/plan-edit.ts';
import { failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { deliverable, type FakeActivities, fakeActivities, submitted } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { filled, type PlanEdits, planEdits } from './support/plan-edits.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';
import { beating } from './support/waiting.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Handle = Awaited<ReturnType<GoalBench['start']>>;

function fakes(
  edits: PlanEdits,
  script: (call: CallModelInput) => TurnOutcome | Promise<TurnOutcome>,
  limits = {},
): FakeActivities {
  const fake = fakeActivities({ taskQueue: bench.taskQueue, given: edits.given, script, limits });
  Object.assign(fake.activities, edits.activities);
  return fake;
}

const send = (handle: Handle, input: Partial<EditPlanInput> & Pick<EditPlanInput, 'edit'>) =>
  handle.executeUpdate(editPlanUpdate, { args: [{ author: 'ada', ...input }] });

/** The failure with which it is refused. */
async function refusal(sent: Promise<unknown>): Promise<{ type: string | undefined; problems?: unknown }> {
  const error = await sent.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  const { cause } = error as WorkflowUpdateFailedError;
  const [details] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  return { type: failureType(error), ...(details as object | undefined) };
}

const taskOf = (call: CallModelInput) => [call.taskId, call.agent, call.tier, call.revision];
const add = (id: string, dependsOn: string[] = []) => ({
  op: 'add' as const,
  task: { id, dependsOn, ...filled({ id }) },
});
const started = (fake: FakeActivities, id: string) =>
  until(async () => (fake.calls.some(({ taskId }) => taskId === id) ? true : undefined));

describe('editPlan', () => {
  it('add, change, skip while a task runs → the new plan runs; the diff says what and what it costs', async () => {
    const rest = gate();
    const edits = planEdits([
      { id: 'a' },
      { id: 'b', dependsOn: ['a'] },
      { id: 'c', dependsOn: ['a'] },
      { id: 'd', dependsOn: ['c'] },
    ]);
    const fake = fakes(edits, async ({ taskId }) => {
      if (taskId === 'a') await beating(rest.opened);
      return submitted();
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edited');
      await started(fake, 'a');
      const edit = edits.put(
        add('x', ['b']),
        { op: 'change', taskId: 'b', agent: 'researcher', tier: 'deep' },
        { op: 'skip', taskId: 'c' },
      );
      const preview = await send(handle, { edit, preview: true, baseRevision: 0 });
      expect(edits.accepted).toEqual([]);
      const result = await send(handle, { edit, baseRevision: 0 });
      expect(result).toEqual(preview);
      expect(result).toMatchObject({
        planRevision: 1,
        costMicroUsd: { low: expect.any(Number), high: expect.any(Number) },
      });
      expect(edits.diff(result.diff)).toMatchObject({
        ...{ baseRevision: 0, revision: 1, author: 'ada', alsoSkipped: ['d'], reopened: [] },
        changes: [
          { task: 'b', kind: 'changed' },
          { task: 'c', kind: 'skipped' },
          { task: 'x', kind: 'added' },
        ],
      });
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'partial', reason: 'not done: c, d' });
      await keepHistory(handle, 'plan-edited');
    });
    expect(fake.calls.map(taskOf)).toEqual([
      ['a', 'writer', 'fast', 0],
      ['b', 'researcher', 'deep', 0],
      ['x', 'writer', 'fast', 0],
    ]);
    const [told] = edits.accepted[0]?.events ?? [];
    expect(told).toMatchObject({
      type: 'plan-edited',
      data: { author: 'ada', revision: 1, summary: expect.stringContaining('added x') },
    });
    const numbers = [...fake.events.map(({ number }) => number), told?.number, fake.closed[0]?.nextEvent];
    expect(new Set(numbers).size).toBe(numbers.length);
    const ends = fake.events.filter(({ type, data }) => type === 'task-end' && data.status === 'skipped');
    expect(ends.map(({ taskId, data }) => [taskId, data.reason])).toEqual([
      ['c', 'skipped by ada'],
      ['d', 'depends on a task that did not succeed'],
    ]);
  });

  it('what has started, a stale revision, a bad shape, a cycle → refused, nothing changed', async () => {
    const rest = gate();
    const edits = planEdits([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }]);
    const fake = fakes(edits, async ({ taskId }) => {
      if (taskId === 'a') await beating(rest.opened);
      return submitted();
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edit-refused');
      await started(fake, 'a');
      const skip = edits.put({ op: 'skip', taskId: 'b' });
      const conflict = await refusal(
        send(handle, { edit: edits.put({ op: 'skip', taskId: 'b' }, { op: 'change', taskId: 'a', tier: 'deep' }) }),
      );
      expect(conflict.type).toBe('control.conflict');
      expect(edits.problems(conflict.problems)).toMatchObject([{ code: 'plan.task-started' }]);
      const cycle = await refusal(send(handle, { edit: edits.put(add('x', ['y']), add('y', ['x'])) }));
      expect(cycle.type).toBe('plan.invalid');
      expect(edits.problems(cycle.problems)).toMatchObject([{ code: 'plan.cycle' }]);
      expect((await refusal(send(handle, { edit: skip, baseRevision: 3 }))).type).toBe('control.stale');
      for (const bad of [{ author: '' }, { baseRevision: -1 }, { edit: { hash: 'x', bytes: 1 } }, { more: 1 }])
        expect((await refusal(send(handle, { edit: skip, ...bad }))).type).toBe('control.invalid');
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-edit-refused');
    });
    expect(edits.accepted).toEqual([]);
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['a', 'b']);
  });

  it('two edits at once for one revision → one holds, the other is stale; without a revision both hold', async () => {
    const rest = gate();
    const edits = planEdits([{ id: 'a' }, { id: 'z', dependsOn: ['a'] }]);
    const fake = fakes(edits, async ({ taskId }) => {
      if (taskId === 'a') await beating(rest.opened);
      return submitted();
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edits-at-once');
      await started(fake, 'a');
      const bound = ['x1', 'x2'].map((id) => send(handle, { edit: edits.put(add(id)), baseRevision: 0 }));
      const settled = await Promise.allSettled(bound);
      expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const lost = bound[settled.findIndex(({ status }) => status === 'rejected')];
      expect((await refusal(lost ?? Promise.resolve())).type).toBe('control.stale');
      const free = await Promise.all(['y1', 'y2', 'y3'].map((id) => send(handle, { edit: edits.put(add(id, ['z'])) })));
      expect(free.map(({ planRevision }) => planRevision).toSorted()).toEqual([2, 3, 4]);
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-edits-at-once');
    });
    expect(edits.accepted.map(({ revision }) => revision)).toEqual([1, 2, 3, 4]);
    expect(edits.accepted.at(-1)?.plan.tasks).toHaveLength(6);
    expect(fake.calls).toHaveLength(6);
  });

  it('a task ends while an edit skips what comes next → the next never starts; its cancel is put off', async () => {
    const [rest, applying, applied] = [gate(), gate(), gate()];
    const edits = planEdits([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c', dependsOn: ['a'] }]);
    const fake = fakes(edits, async ({ taskId }) => {
      if (taskId === 'a') await beating(rest.opened);
      return submitted();
    });
    const { applyPlanEdit } = edits.activities;
    Object.assign(fake.activities, {
      async applyPlanEdit(input: Parameters<typeof applyPlanEdit>[0]) {
        applying.open();
        await applied.opened;
        return applyPlanEdit(input);
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edit-held');
      await started(fake, 'a');
      const sent = send(handle, { edit: edits.put({ op: 'skip', taskId: 'b' }) });
      await applying.opened;
      const cancel = handle.executeUpdate(cancelTaskUpdate, { args: [{ taskId: 'b', author: 'eve' }] });
      expect((await refusal(cancel)).type).toBe('control.busy');
      rest.open();
      await sleep(50);
      applied.open();
      expect((await sent).planRevision).toBe(1);
      expect(await handle.result()).toMatchObject({ status: 'partial', reason: 'not done: b' });
      await keepHistory(handle, 'plan-edit-held');
    });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['a', 'c']);
  });

  it('retry of a failed task on a higher tier → a fresh revision; what was skipped for it comes back', async () => {
    const rest = gate();
    const edits = planEdits([
      { id: 'other' },
      { id: 'f', onFailure: 'skip-dependents' },
      { id: 'g', dependsOn: ['f'] },
      { id: 'h', dependsOn: ['g'] },
      { id: 'kept', dependsOn: ['f'] },
    ]);
    const fake = fakes(edits, async ({ taskId, tier }) => {
      if (taskId === 'other') await beating(rest.opened);
      if (taskId === 'f' && tier === 'fast') return { kind: 'blocked', reason: 'too hard' };
      return submitted();
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('task-retried');
      await until(async () => ((await handle.query(getStatusQuery)).counts.skipped === 3 ? true : undefined));
      const retry = edits.put({ op: 'retry', taskId: 'f', tier: 'deep', instructions: 'Think.' });
      const { diff, costMicroUsd } = await send(handle, { edit: retry });
      expect(edits.diff(diff)).toMatchObject({
        changes: [{ task: 'f', kind: 'retried' }],
        reopened: ['g', 'h', 'kept'],
      });
      expect(costMicroUsd.low).toBeGreaterThan(0);
      await until(async () => ((await handle.query(getStatusQuery)).counts.done === 4 ? true : undefined));
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'task-retried');
    });
    const calls = fake.calls.filter(({ taskId }) => taskId === 'f');
    expect(calls.map(({ revision, turn, tier, opening }) => [revision, turn, tier, opening.kind])).toEqual([
      [0, 1, 'fast', 'start'],
      [1, 1, 'deep', 'retry'],
    ]);
    expect(fake.closed[0]?.tasks).toMatchObject({ done: 5, failed: 0, skipped: 0, retried: 1 });
    const opened = fake.events.filter(({ type }) => type === 'task-reopened');
    expect(opened.map(({ taskId, data }) => [taskId, data.status])).toEqual([
      ['f', 'ready'],
      ['g', 'waiting'],
      ['h', 'waiting'],
      ['kept', 'waiting'],
    ]);
  });

  it('an edit while the manager replans → busy; after it → on the new plan, under a later revision', async () => {
    const [replanning, replanned, rest] = [gate(), gate(), gate()];
    const edits = planEdits([
      { id: 'f', onFailure: 'replan' },
      { id: 'g', dependsOn: ['f'] },
    ]);
    const fake = fakes(edits, async ({ taskId, purpose, revision }) => {
      if (purpose === 'replan') {
        replanning.open();
        await beating(replanned.opened);
        const tasks = [{ id: 'f', onFailure: 'replan' }, { id: 'way' }, { id: 'g', dependsOn: ['way'] }];
        return { kind: 'plan', skeleton: edits.skeletonOf(tasks, revision) };
      }
      if (taskId === 'f') return { kind: 'blocked', reason: 'no way' };
      if (taskId === 'way') await beating(rest.opened);
      return submitted();
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edit-replan');
      await replanning.opened;
      const edit = edits.put(add('x', ['g']));
      expect((await refusal(send(handle, { edit }))).type).toBe('control.busy');
      replanned.open();
      await started(fake, 'way');
      expect(await send(handle, { edit })).toMatchObject({ planRevision: 2 });
      rest.open();
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'plan-edit-replan');
    });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['f', '_plan', 'way', 'g', 'x']);
  });

  it('all tasks have ended and the deliverable is written → refused as closed', async () => {
    const [writing, written] = [gate(), gate()];
    const edits = planEdits([{ id: 'a' }, { id: 'f' }]);
    const fake = fakes(
      edits,
      async ({ purpose, taskId }) => {
        if (purpose !== 'synthesis') return taskId === 'f' ? { kind: 'refused', reason: 'no' } : submitted();
        writing.open();
        await beating(written.opened);
        return deliverable();
      },
      { synthesis: true, maxRetries: 0 },
    );
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edit-late');
      await writing.opened;
      expect((await refusal(send(handle, { edit: edits.put({ op: 'retry', taskId: 'f' }) }))).type).toBe('goal.closed');
      written.open();
      expect(await handle.result()).toMatchObject({ status: 'partial' });
      await keepHistory(handle, 'plan-edit-late');
    });
  });

  it('the goal is cancelled while an edit is applied → the edit holds, then all that is open is cancelled', async () => {
    const [applying, applied] = [gate(), gate()];
    const edits = planEdits([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }]);
    const answer = gate();
    const fake = fakes(edits, async () => {
      await beating(answer.opened);
      return submitted();
    });
    const { applyPlanEdit } = edits.activities;
    Object.assign(fake.activities, {
      async applyPlanEdit(input: Parameters<typeof applyPlanEdit>[0]) {
        applying.open();
        await applied.opened;
        return applyPlanEdit(input);
      },
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('plan-edit-cancelled');
      await started(fake, 'a');
      const sent = send(handle, { edit: edits.put(add('x')) });
      await applying.opened;
      await handle.cancel();
      await until(async () => ((await handle.query(getStatusQuery)).status === 'cancelling' ? true : undefined));
      answer.open();
      applied.open();
      expect(await sent).toMatchObject({ planRevision: 1 });
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'plan-edit-cancelled');
    });
    const [{ tasks } = { tasks: undefined }] = fake.closed;
    expect(tasks).toMatchObject({ total: 3, failed: 0, skipped: 0 });
    expect(fake.calls.map(({ taskId }) => taskId)).toEqual(['a']);
  });
});
