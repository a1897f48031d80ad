/** A plan that waits for approval is edited: what was said of the old one does not hold, the new one is asked about (G10, G22). */
import { type ApplicationFailure, WorkflowUpdateFailedError } from '@temporalio/client';
import type { DecideInput, DecideResult } from '../../src/core/contracts/approvals.ts';
import type { CallModelInput, TurnOutcome } from '../../src/core/contracts/calls.ts';
import {
  cancelTaskUpdate,
  decideUpdate,
  editPlanUpdate,
  getStatusQuery,
  pauseSignal,
  resumeSignal,
} from '../../src/core/contracts/messages.ts';
import type { EditPlanInput } from '../../src/core/contracts/plan-edit.ts';
import { failureType } from '../../src/core/failures.ts';
import { until } from '../support/until.ts';
import { type FakeActivities, fakeActivities, submitted } from './support/fake-activities.ts';
import { gate } from './support/gate.ts';
import { filled, type PlanEdits, planEdits } from './support/plan-edits.ts';
import { type GoalBench, keepHistory, openBench } from './support/run-goal.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Handle = Awaited<ReturnType<GoalBench['start']>>;

function goalOf(
  edits: PlanEdits,
  script: (call: CallModelInput) => TurnOutcome | Promise<TurnOutcome> = () => submitted(),
): FakeActivities {
  const limits = { approvePlan: 'ask' } as const;
  const fake = fakeActivities({ taskQueue: bench.taskQueue, given: edits.given, script, limits });
  Object.assign(fake.activities, edits.activities);
  return fake;
}

const add = (id: string, dependsOn: string[] = []) => ({
  op: 'add' as const,
  task: { id, dependsOn, ...filled({ id }) },
});
const requests = (fake: FakeActivities) => fake.events.filter(({ type }) => type === 'approval-request');
const askedTimes = (fake: FakeActivities, times: number) =>
  until(async () => (requests(fake).length >= times ? requests(fake).at(-1) : undefined));
const edit = (handle: Handle, input: Partial<EditPlanInput> & Pick<EditPlanInput, 'edit'>) =>
  handle.executeUpdate(editPlanUpdate, { args: [{ author: 'ada', ...input }] });
const decide = (handle: Handle, item: { data: object } | undefined, input: Partial<DecideInput> = {}) => {
  const { itemId, hash } = (item?.data ?? {}) as { itemId: string; hash: string };
  const args: [DecideInput] = [{ itemId, hash, verdict: 'approve', author: 'bob', ...input }];
  return handle.executeUpdate(decideUpdate, { args }) as Promise<DecideResult>;
};
const refusalOf = (answer: Promise<unknown>) => answer.then(() => 'taken', failureType);
const ran = (fake: FakeActivities) => fake.calls.map(({ taskId, agent }) => `${taskId}:${agent}`);

describe('editing a plan that waits', () => {
  it('preview, then edit → the old item is withdrawn, the edited plan is asked about with author, diff, cost; it runs', async () => {
    const edits = planEdits([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }]);
    const fake = goalOf(edits);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('waiting-edited');
      const first = await askedTimes(fake, 1);
      const change = edits.put(add('c', ['a']), { op: 'change', taskId: 'b', agent: 'researcher' });
      const preview = await edit(handle, { edit: change, preview: true });
      expect(edits.accepted).toEqual([]);
      const result = await edit(handle, { edit: change, baseRevision: 0 });
      expect(result).toEqual(preview);
      expect(edits.diff(result.diff)).toMatchObject({
        ...{ baseRevision: 0, revision: 1, author: 'ada' },
        changes: [
          { task: 'b', kind: 'changed' },
          { task: 'c', kind: 'added' },
        ],
      });
      expect(result.costMicroUsd.high).toBeGreaterThan(0);
      const second = await askedTimes(fake, 2);
      expect(second?.data).toMatchObject({ itemId: 'plan.1', title: expect.stringContaining('3 tasks') });
      expect(await refusalOf(decide(handle, first))).toBe('approval.unknown');
      expect(await refusalOf(decide(handle, second, { hash: String(first?.data.hash) }))).toBe('approval.stale');
      expect(fake.calls).toEqual([]);
      expect(await decide(handle, second)).toMatchObject({ applied: true });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'waiting-edited');
    });
    expect(ran(fake).toSorted()).toEqual(['a:writer', 'b:researcher', 'c:writer']);
    expect(fake.events.filter(({ type }) => type === 'approval-withdrawn')).toMatchObject([
      { data: { itemId: 'plan.0' } },
    ]);
    expect(edits.accepted).toMatchObject([{ revision: 1, events: [{ type: 'plan-edited', data: { author: 'ada' } }] }]);
  });

  it('edits that break the plan, bad shapes, a stale base → refused, and the item still waits', async () => {
    const edits = planEdits([{ id: 'a' }]);
    const fake = goalOf(edits);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('waiting-refused');
      const first = await askedTimes(fake, 1);
      const good = edits.put(add('b'));
      for (const [input, type] of [
        [{ edit: edits.put(add('b', ['b'])) }, 'plan.invalid'],
        [{ edit: edits.put(add('a')) }, 'plan.invalid'],
        [{ edit: edits.put({ op: 'change', taskId: 'a', agent: 'nobody' }) }, 'plan.invalid'],
        [{ edit: edits.put({ op: 'retry', taskId: 'a' }) }, 'control.conflict'],
        [{ edit: good, baseRevision: 7 }, 'control.stale'],
        [{ edit: good, baseRevision: Number.NaN }, 'control.invalid'],
        [{ edit: good, author: '' }, 'control.invalid'],
        [{ edit: good, colour: 'red' } as never, 'control.invalid'],
      ] as const) {
        const error = await edit(handle, input).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
        expect([input, failureType(error)]).toEqual([input, type]);
        const [details] = ((error as Error).cause as ApplicationFailure).details ?? [];
        if (type === 'plan.invalid') expect(edits.problems((details as { problems: string }).problems)).toHaveLength(1);
      }
      const cancel = handle.executeUpdate(cancelTaskUpdate, { args: [{ taskId: 'a', author: 'eve' }] });
      expect(await refusalOf(cancel)).toBe('control.busy');
      expect((await handle.query(getStatusQuery)).awaiting).toBe('plan');
      await decide(handle, first);
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'waiting-refused');
    });
    expect(requests(fake)).toHaveLength(1);
    expect(ran(fake)).toEqual(['a:writer']);
  });

  it('two edit and one decides at once → the verdict waits its turn, both edits hold, one after the other', async () => {
    const edits = planEdits([{ id: 'a' }]);
    const fake = goalOf(edits);
    const { open: release, opened: held } = gate();
    let entered = 0;
    const { applyPlanEdit } = edits.activities;
    const slow = async (input: Parameters<typeof applyPlanEdit>[0]) => {
      entered += 1;
      if (entered === 1) await held;
      return applyPlanEdit(input);
    };
    await bench.withWorker({ ...fake.activities, applyPlanEdit: slow }, async () => {
      const handle = await bench.start('waiting-crossed');
      const first = await askedTimes(fake, 1);
      const both = ['b', 'c'].map((id, at) => edit(handle, { edit: edits.put(add(id)), author: `person ${at}` }));
      await until(async () => (entered > 0 ? true : undefined));
      expect(await refusalOf(decide(handle, first))).toBe('control.busy');
      release();
      expect((await Promise.all(both)).map(({ planRevision }) => planRevision).toSorted()).toEqual([1, 2]);
      const last = await until(async () => requests(fake).find(({ data }) => data.itemId === 'plan.2'));
      expect(await decide(handle, last)).toMatchObject({ applied: true });
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'waiting-crossed');
    });
    expect(ran(fake).toSorted()).toEqual(['a:writer', 'b:writer', 'c:writer']);
  });

  it('time is over while an edit is applied → the edited plan is asked about; cancelled then → closed, every task told', async () => {
    const edits = planEdits([{ id: 'a' }]);
    const limits = { approvePlan: 'ask', approvals: { onExpiry: 'deny', expiresAfterMs: 400 } } as const;
    const fake = fakeActivities({ taskQueue: bench.taskQueue, given: edits.given, script: () => submitted(), limits });
    const { applyPlanEdit } = edits.activities;
    let cancel: (() => Promise<unknown>) | undefined;
    const slow = async (input: Parameters<typeof applyPlanEdit>[0]) => {
      await cancel?.();
      await new Promise((resolve) => setTimeout(resolve, 900));
      return applyPlanEdit(input);
    };
    await bench.withWorker({ ...fake.activities, ...edits.activities, applyPlanEdit: slow }, async () => {
      const handle = await bench.start('waiting-expired');
      await askedTimes(fake, 1);
      await edit(handle, { edit: edits.put(add('b')) });
      expect((await askedTimes(fake, 2))?.data.itemId).toBe('plan.1');
      cancel = () => handle.cancel();
      await edit(handle, { edit: edits.put(add('c')) });
      await expect(handle.result()).rejects.toThrow();
      await keepHistory(handle, 'waiting-expired');
    });
    expect(fake.calls).toEqual([]);
    expect(fake.closed).toMatchObject([{ status: 'cancelled', tasks: { total: 3, cancelled: 3 } }]);
  });

  it('the workflow continues as new after an edit → the edited plan waits on, asked once; approved there, it runs (G11)', async () => {
    const edits = planEdits([{ id: 'a' }]);
    const fake = goalOf(edits);
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('waiting-continued');
      await askedTimes(fake, 1);
      await edit(handle, { edit: edits.put(add('b')) });
      const second = await askedTimes(fake, 2);
      const { runId } = await handle.describe();
      const author = 'x'.repeat(125_000);
      for (let sent = 0; sent < 36; sent++) await handle.signal(pauseSignal, { author });
      await until(async () => {
        if ((await handle.describe()).runId !== runId) return true;
        await handle.signal(pauseSignal, { author: 'me' });
        return undefined;
      });
      await handle.signal(resumeSignal);
      await until(async () => ((await handle.query(getStatusQuery)).awaiting === 'plan' ? true : undefined));
      const third = await edit(handle, { edit: edits.put(add('c')), baseRevision: 1 });
      expect(third.planRevision).toBe(2);
      expect(await refusalOf(decide(handle, second))).toBe('approval.unknown');
      await decide(handle, await askedTimes(fake, 3));
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'waiting-continued');
    });
    expect(requests(fake)).toHaveLength(3);
    expect(ran(fake).toSorted()).toEqual(['a:writer', 'b:writer', 'c:writer']);
  });

  it('a new plan around a failure waits → add and change hold, retry and skip are for later; what runs is frozen', async () => {
    const edits = planEdits([
      { id: 'bad', onFailure: 'replan' },
      { id: 'after', dependsOn: ['bad'] },
    ]);
    const around = edits.skeletonOf(
      [{ id: 'bad', onFailure: 'replan' }, { id: 'other' }, { id: 'after', dependsOn: ['other'] }],
      1,
    );
    const fake = goalOf(edits, ({ purpose, taskId }) => {
      if (purpose === 'replan') return { kind: 'plan', skeleton: around };
      return taskId === 'bad' ? { kind: 'blocked', reason: 'no way' } : submitted();
    });
    await bench.withWorker(fake.activities, async () => {
      const handle = await bench.start('waiting-replan');
      await decide(handle, await askedTimes(fake, 1));
      await askedTimes(fake, 2);
      expect(await refusalOf(edit(handle, { edit: edits.put({ op: 'skip', taskId: 'other' }) }))).toBe('control.busy');
      const frozen = edits.put({ op: 'change', taskId: 'bad', agent: 'researcher' });
      expect(await refusalOf(edit(handle, { edit: frozen }))).toBe('control.conflict');
      const good = edits.put(add('more', ['other']), { op: 'change', taskId: 'other', agent: 'researcher' });
      expect(await edit(handle, { edit: good })).toMatchObject({ planRevision: 2 });
      await decide(handle, await askedTimes(fake, 3));
      expect(await handle.result()).toMatchObject({ status: 'completed' });
      await keepHistory(handle, 'waiting-replan');
    });
    const tasks = ran(fake).filter((call) => !call.startsWith('_'));
    expect(tasks).toEqual(expect.arrayContaining(['bad:writer', 'other:researcher', 'more:writer', 'after:writer']));
    expect(fake.closed[0]?.tasks).toMatchObject({ total: 4, done: 3, failed: 1 });
  });
});
