/** The journals of model and tool calls. */

import type { TurnOutcome } from '../../src/core/contracts/calls.ts';
import type { Json } from '../../src/core/json.ts';
import { blobRef, planBytes } from '../../src/store/blob-ref.ts';
import { bytes, CENSUS, callId, finishedCall, newGoal, plan, TENANT, task, USAGE } from './samples.ts';
import { describeStore } from './servers.ts';

describeStore('journal', (context) => {
  it('record: everything of the call in one go → read back from each part', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const id = callId(goalId);
    const output = bytes('The whole result');
    const outcome: TurnOutcome = { kind: 'submitted', result: blobRef(output), implicit: false };
    const call = finishedCall(id, {
      result: { outcome, model: 'm', usage: USAGE, costMicroUsd: 1_500 },
      blobs: [output, output],
      taskResult: { output: blobRef(output), summary: 'Short', evidence: ['proof'] },
      criteria: {
        taskId: 'a',
        rows: [{ taskId: 'a', criterion: 'Is short', verdict: 'pass', quote: 'q', source: 'a', reason: 'r' }],
      },
      events: [{ type: 'task-end', taskId: 'a', data: { status: 'done' } }],
    });
    await expect(store.journal.record(call)).resolves.toEqual({ ...call.result, recorded: false });
    await expect(store.journal.lookUp(id)).resolves.toEqual({
      state: 'recorded',
      result: { ...call.result, recorded: true },
    });
    await expect(store.journal.outcome(id)).resolves.toEqual(outcome);
    await expect(store.blobs.getText(TENANT, blobRef(output).hash)).resolves.toBe('The whole result');
    await expect(store.transcripts.read(TENANT, goalId, 'a', 0)).resolves.toEqual(call.transcript);
    const submitted = { output: blobRef(output), text: 'The whole result', summary: 'Short', evidence: ['proof'] };
    const result = { taskId: 'a', revision: 0, ...submitted };
    await expect(store.results.get(TENANT, goalId, 'a', 0)).resolves.toEqual(result);
    await expect(store.results.latest(TENANT, goalId, ['a', 'b'])).resolves.toEqual([result]);
    await expect(store.goals.totals(TENANT, goalId)).resolves.toEqual({
      modelCalls: 1,
      toolCalls: 0,
      usage: USAGE,
      costMicroUsd: 1_500,
      unknownMicroUsd: 0,
      duplicateMicroUsd: 0,
    });
    await expect(store.goals.detail(TENANT, goalId)).resolves.toMatchObject({
      costMicroUsd: 1_500,
      modelCalls: 1,
      criteria: [{ taskId: 'a', criterion: 'Is short', verdict: 'pass' }],
      tasks: [{ taskId: 'a', status: 'done', summary: 'Short', costMicroUsd: 1_500, modelCalls: 1 }, { taskId: 'b' }],
    });
  });

  it('record: one call by 10 at once → one row, one ledger entry, one event; the rest get what was recorded (G4)', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        store.journal.record(
          finishedCall(callId(goalId), {
            result: { ...finishedCall(callId(goalId)).result, costMicroUsd: 1_000 + i },
          }),
        ),
      ),
    );
    expect(answers.filter((answer) => !answer.recorded)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.costMicroUsd)).size).toBe(1);
    const totals = await store.goals.totals(TENANT, goalId);
    expect(totals).toMatchObject({ modelCalls: 1, costMicroUsd: answers[0]?.costMicroUsd });
    expect(await store.events.read(TENANT, goalId, 0)).toHaveLength(1);
  });

  it('record: 40 calls of one goal at once beside 40 event batches → sums and numbers exact, no deadlock', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const shared = bytes('shared blob');
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const id = callId(goalId, { taskId: i % 2 === 0 ? 'a' : 'b', turn: i + 1 });
        await Promise.all([
          store.journal.record(finishedCall(id, { blobs: [shared, bytes(`own ${i}`)] })),
          store.events.append(TENANT, goalId, [{ type: 'task-start', taskId: 'a', data: {}, number: i }]),
        ]);
      }),
    );
    const detail = await store.goals.detail(TENANT, goalId);
    expect(detail).toMatchObject({ modelCalls: 40, costMicroUsd: 60_000 });
    expect(detail?.tasks.map((one) => one.costMicroUsd)).toEqual([30_000, 30_000]);
    const seqs = (await store.events.read(TENANT, goalId, 0)).map((event) => event.seq);
    expect(seqs).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  });

  it('record: an event that fails → nothing of the call stays', async () => {
    const { store } = context;
    const id = callId('no-such-goal');
    await expect(store.journal.record(finishedCall(id))).rejects.toMatchObject({ type: 'goal.not-found' });
    await expect(store.journal.lookUp(id)).resolves.toEqual({ state: 'open', requestsSent: 0, failures: 0 });
    await expect(store.transcripts.read(TENANT, 'no-such-goal', 'a', 0)).resolves.toEqual([]);
  });

  it('record: a planning call → the plan is current, its tasks are there; a foreign reference is a bug', async () => {
    const { store } = context;
    const goalId = await newGoal(store, []);
    const accepted = plan([task('x'), task('y', { dependsOn: ['x'] })]);
    const ref = blobRef(planBytes(accepted));
    const id = callId(goalId, { taskId: '_plan' });
    const call = finishedCall(id, {
      purpose: 'plan',
      plan: { ref, revision: 0, plan: accepted },
      events: [{ type: 'plan-ready', data: {} }],
    });
    const wrong = finishedCall(id, { plan: { ref: { ...ref, hash: 'ff' }, revision: 0, plan: accepted } });
    await expect(store.journal.record(wrong)).rejects.toMatchObject({ type: 'internal.bug' });
    await store.journal.record(call);
    await expect(store.plans.current(TENANT, goalId)).resolves.toEqual({ ref, revision: 0, plan: accepted });
    const detail = await store.goals.detail(TENANT, goalId);
    expect(detail?.status).toBe('running');
    expect(detail?.tasks.map((one) => one.taskId)).toEqual(['x', 'y']);
  });

  it('record: NUL and lone surrogates from a model → replaced, same on both reads', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const id = callId(goalId);
    const call = finishedCall(id, {
      result: { ...finishedCall(id).result, outcome: { kind: 'refused', reason: 'a\u0000b\ud800' } },
      transcript: [{ revision: 0, position: 1_000, role: 'assistant', content: 'x\u0000\\u0000' }],
      criteria: {
        taskId: null,
        rows: [{ taskId: null, criterion: 'c', verdict: 'fail', quote: '\u0000', source: null, reason: 'r' }],
      },
    });
    const first = await store.journal.record(call);
    expect(first.outcome).toEqual({ kind: 'refused', reason: 'a\ufffdb\ufffd' });
    await expect(store.journal.record(call)).resolves.toEqual({ ...first, recorded: true });
    await expect(store.transcripts.read(TENANT, goalId, 'a', 0)).resolves.toMatchObject([
      { content: 'x\ufffd\\u0000' },
    ]);
    await expect(store.goals.detail(TENANT, goalId)).resolves.toMatchObject({
      criteria: [{ taskId: null, quote: '\ufffd' }],
    });
  });

  it('record: a later verdict of a task → replaces the earlier one', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const row = (criterion: string, verdict: 'pass' | 'fail') =>
      ({ taskId: 'a', criterion, verdict, quote: null, source: null, reason: 'r' }) as const;
    const check = (revision: number, rows: ReturnType<typeof row>[]) =>
      store.journal.record(
        finishedCall(callId(goalId, { taskId: '_check-a', revision }), { criteria: { taskId: 'a', rows } }),
      );
    await check(0, [row('one', 'fail'), row('two', 'fail')]);
    await check(1, [row('one', 'pass')]);
    const detail = await store.goals.detail(TENANT, goalId);
    expect(detail?.criteria).toEqual([row('one', 'pass')]);
    expect(detail?.tasks[0]).toMatchObject({ taskId: 'a', costMicroUsd: 3_000, modelCalls: 2 });
  });

  it('admit: 20 at once → counted each, the start written once (G6)', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const start = [{ type: 'task-start' as const, taskId: 'a', data: { revision: 0 } }];
    const admit = (turn: number, attempt: string) =>
      store.journal.admit(callId(goalId, { turn }), { attempt, worstMicroUsd: 1, events: start });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => admit(1, `attempt ${i}`)));
    const counts = answers.map((answer) => (answer.state === 'admitted' ? answer.requestsSent : 0));
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect((await store.events.read(TENANT, goalId, 0)).map((event) => event.type)).toEqual(['task-start']);
    await expect(admit(2, 'another call')).resolves.toEqual({ state: 'admitted', requestsSent: 1 });
  });

  it('admit: a call that is recorded, a goal that has ended, no goal → recorded, closed, goal.not-found (G4)', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const request = { attempt: 'late', worstMicroUsd: 1, events: [] };
    const call = finishedCall(callId(goalId));
    await store.journal.record(call);
    const result = { ...call.result, recorded: true };
    await expect(store.journal.admit(call.id, request)).resolves.toEqual({ state: 'recorded', result });
    await store.goals.close({ goalId, tenant: TENANT, status: 'partial', census: CENSUS, events: [] });
    await expect(store.journal.admit(callId(goalId, { turn: 2 }), request)).resolves.toEqual({ state: 'closed' });
    await expect(store.journal.admit(callId('no-such-goal'), request)).rejects.toMatchObject({
      type: 'goal.not-found',
    });
  });

  it('fail: only those that count are added', async () => {
    const { store } = context;
    const id = callId(await newGoal(store));
    await store.journal.admit(id, { attempt: 'a', worstMicroUsd: 1, events: [] });
    const fail = (counts: boolean) =>
      store.journal.fail(id, { type: 'model.x', message: '\u0000', counts, attempt: 'a', billed: false });
    expect([await fail(true), await fail(false), await fail(true)]).toEqual([
      { failures: 1 },
      { failures: 1 },
      { failures: 2 },
    ]);
    await expect(store.journal.lookUp(id)).resolves.toEqual({ state: 'open', requestsSent: 1, failures: 2 });
  });

  it('toolCall: arguments from the transcript, as blocks or in an object; unknown → store.not-found', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const call = { index: 0, id: 'toolu_1', name: 'read_file', argsHash: 'h' };
    const blocks: Json[] = [
      { type: 'text', text: 'x' },
      { type: 'tool_use', id: 'toolu_1', name: 'read_file', input: { path: 'a' } },
    ];
    const contents: Json[] = [blocks, { blocks, stopReason: 'tool_use' }];
    for (const [turn, content] of contents.entries()) {
      const id = callId(goalId, { turn: turn + 1 });
      const outcome: TurnOutcome = { kind: 'tools', calls: [call], submitted: false };
      await store.journal.record(
        finishedCall(id, {
          result: { ...finishedCall(id).result, outcome },
          transcript: [{ revision: 0, position: id.turn * 1_000, role: 'assistant', content }],
        }),
      );
      await expect(store.journal.toolCall(id, 0)).resolves.toEqual({ call, input: { path: 'a' } });
      await expect(store.journal.toolCall(id, 1)).rejects.toMatchObject({ type: 'store.not-found' });
    }
  });
});

describeStore('tool calls', (context) => {
  const tool = { name: 'write_file', effect: 'write', argsHash: 'h' };

  it('begin: 10 at once → one is new, the rest find the intent; after finish all find the outcome (G5)', async () => {
    const { store } = context;
    const id = { ...callId(await newGoal(store)), index: 0 };
    const states = await Promise.all(Array.from({ length: 10 }, () => store.tools.begin(id, tool)));
    expect(states.filter((state) => state.state === 'new')).toHaveLength(1);
    expect(states.filter((state) => state.state === 'intent')).toHaveLength(9);
    await store.tools.finish(id, { isError: false, content: 'ok', bytes: 2, events: [] });
    await expect(store.tools.begin(id, tool)).resolves.toEqual({ state: 'done', isError: false, bytes: 2 });
  });

  it('finish: twice with different outcomes → the first stays, one event, one transcript entry', async () => {
    const { store } = context;
    const goalId = await newGoal(store);
    const id = { ...callId(goalId), index: 3 };
    await store.tools.begin(id, tool);
    const end = (isError: boolean) =>
      store.tools.finish(id, {
        isError,
        content: { type: 'tool_result', content: `a\u0000${isError}` },
        bytes: 5,
        events: [{ type: 'tool-end', taskId: 'a', data: { isError } }],
      });
    await end(false);
    await end(true);
    expect((await store.events.read(TENANT, goalId, 0)).map((event) => event.data)).toEqual([{ isError: false }]);
    await expect(store.transcripts.read(TENANT, goalId, 'a', 0)).resolves.toEqual([
      { revision: 0, position: 1_004, role: 'tool', content: { type: 'tool_result', content: 'a\ufffdfalse' } },
    ]);
    await expect(store.goals.totals(TENANT, goalId)).resolves.toMatchObject({ toolCalls: 1 });
  });
});
