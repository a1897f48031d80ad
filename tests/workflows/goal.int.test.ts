/** The goal workflow on a real Temporal server, with typed fakes in place of Claude, tools and store. */

import { WorkflowFailedError } from '@temporalio/client';
import type { TurnOutcome } from '../../src/core/contracts/calls.ts';
import { failure } from '../../src/core/failures.ts';
import {
  deliverable,
  type FakeActivities,
  fakeActivities,
  fakeRef,
  NOT_PASSED,
  PASSED,
  type Script,
  skeleton,
  submitted,
  task,
} from './support/fake-activities.ts';
import { type GoalBench, keepHistory, largestPayload, openBench } from './support/run-goal.ts';
import { untilCancelled } from './support/waiting.ts';

let bench: GoalBench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Setup = Omit<Parameters<typeof fakeActivities>[0], 'taskQueue'>;

/** Runs a goal to its end; `error` is set when the workflow failed. */
async function runGoal(name: string, setup: Setup) {
  const fake = fakeActivities({ taskQueue: bench.taskQueue, ...setup });
  return bench.withWorker(fake.activities, async () => {
    const handle = await bench.start(name);
    const result = await handle.result().catch((error: unknown) => error);
    const history = await keepHistory(handle, name);
    expect(largestPayload(history)).toBeLessThanOrEqual(128 * 1024);
    return { fake, result, history, handle };
  });
}

const plan = (...tasks: ReturnType<typeof task>[]): TurnOutcome => ({ kind: 'plan', skeleton: skeleton(tasks) });
const key = (call: FakeActivities['calls'][number]) => `${call.taskId}/${call.revision}/${call.turn}`;
const closed = (fake: FakeActivities) => {
  expect(fake.closed).toHaveLength(1);
  return fake.closed[0] as FakeActivities['closed'][number];
};
const submitAll: Script = () => submitted();

describe('goalWorkflow', () => {
  it('a diamond with synthesis and verification → completed, in order, one call each', async () => {
    const order: string[] = [];
    const { fake, result } = await runGoal('diamond', {
      limits: { synthesis: true, verify: 'final' },
      script: (call) => {
        order.push(key(call));
        if (call.purpose === 'plan') return plan(task('a'), task('b', [0]), task('c', [0]), task('d', [1, 2]));
        if (call.purpose === 'synthesis') return deliverable();
        return call.purpose === 'verify' ? PASSED : submitted();
      },
    });
    expect(result).toMatchObject({ status: 'completed', deliverable: fakeRef('deliverable') });
    expect(order.filter((_, index) => index !== 2 && index !== 3)).toEqual([
      '_plan/0/1',
      'a/0/1',
      'd/0/1',
      '_synthesis/0/1',
      '_verify/0/1',
    ]);
    expect(order.slice(2, 4).sort()).toEqual(['b/0/1', 'c/0/1']);
    expect(closed(fake)).toMatchObject({
      status: 'completed',
      verified: true,
      tasks: { total: 4, done: 4 },
      fallbacks: [],
    });
    expect(fake.events.map((event) => event.type)).toEqual(['synthesis-start']);
  });

  it('a plan refused once → repaired with the reasons', async () => {
    const { fake, result } = await runGoal('plan-repaired', {
      script: (call) => {
        if (call.purpose !== 'plan') return submitted();
        if (call.revision === 0) return { kind: 'plan-rejected', problems: ['plan.cycle'], feedback: fakeRef('cycle') };
        return plan(task('a'));
      },
    });
    expect(fake.calls[1]).toMatchObject({
      taskId: '_plan',
      revision: 1,
      opening: { kind: 'revise', note: fakeRef('cycle') },
    });
    expect(result).toMatchObject({ status: 'completed' });
  });

  it('a plan refused twice → visible one-task fallback, at best partial', async () => {
    const { fake, result } = await runGoal('plan-fallback', {
      script: (call) =>
        call.purpose === 'plan'
          ? { kind: 'plan-rejected', problems: ['plan.cycle'], feedback: fakeRef('cycle') }
          : submitted(),
    });
    expect(fake.calls.map(key)).toEqual(['_plan/0/1', '_plan/1/1', 'goal/0/1']);
    expect(result).toMatchObject({ status: 'partial' });
    expect(closed(fake).fallbacks).toEqual(['plan.fallback']);
  });

  it('a task blocked twice → failed, what needs it is skipped, siblings are done, goal partial', async () => {
    const { fake, result } = await runGoal('blocked', {
      given: skeleton([task('a'), task('b'), task('c', [1]), task('d', [2])]),
      script: (call) => (call.taskId === 'b' ? { kind: 'blocked', reason: 'no data' } : submitted()),
    });
    expect(fake.calls.filter((call) => call.taskId === 'b').map((call) => call.opening)).toEqual([
      { kind: 'start' },
      { kind: 'retry', reason: 'blocked: no data' },
    ]);
    expect(result).toMatchObject({ status: 'partial', reason: 'not done: b, c, d' });
    expect(closed(fake).tasks).toMatchObject({ done: 1, failed: 1, skipped: 2, retried: 1 });
    expect(
      fake.events.filter((event) => event.type === 'task-end').map(({ taskId, data }) => [taskId, data.status]),
    ).toEqual([
      ['b', 'failed'],
      ['c', 'skipped'],
      ['d', 'skipped'],
    ]);
  });

  it('an optional task fails → its dependents run, goal completed', async () => {
    const { fake, result } = await runGoal('optional', {
      given: skeleton([task('a', [], { optional: true, onFailure: 'skip-dependents' }), task('b', [0])]),
      script: (call) => (call.taskId === 'a' ? { kind: 'refused', reason: 'no' } : submitted()),
    });
    expect(result).toMatchObject({ status: 'completed' });
    expect(closed(fake).tasks).toMatchObject({ done: 1, failed: 1, retried: 0 });
  });

  it('the checker sends a result back → revised on its feedback, then done', async () => {
    const { fake } = await runGoal('revised', {
      limits: { verify: 'each-task' },
      given: skeleton([task('a')]),
      script: (call) => {
        if (call.purpose === 'verify') return PASSED;
        if (call.purpose === 'check') return call.subject?.revision === 0 ? NOT_PASSED : PASSED;
        return submitted();
      },
    });
    expect(fake.calls.map((call) => [call.purpose, key(call), call.opening.kind])).toEqual([
      ['task', 'a/0/1', 'start'],
      ['check', '_check-a/0/1', 'start'],
      ['task', 'a/1/1', 'revise'],
      ['check', '_check-a/3/1', 'start'],
      ['verify', '_verify/0/1', 'start'],
    ]);
    expect(closed(fake).tasks).toMatchObject({ done: 1, revised: 1 });
  });

  it('criteria never met → task failed after the bounded revisions', async () => {
    const { fake, result } = await runGoal('never-met', {
      limits: { verify: 'each-task', maxRevisions: 1, maxRetries: 0 },
      given: skeleton([task('a'), task('b')]),
      script: (call) => {
        if (call.purpose === 'verify') return PASSED;
        return call.purpose === 'check' && call.subject?.taskId === 'a'
          ? NOT_PASSED
          : call.purpose === 'check'
            ? PASSED
            : submitted();
      },
    });
    expect(result).toMatchObject({ status: 'partial', reason: 'not done: a' });
    expect(closed(fake).tasks).toMatchObject({ done: 1, failed: 1, revised: 1 });
  });

  it('the checker fails, then a fresh attempt → checked again, done', async () => {
    let checks = 0;
    const { fake, result } = await runGoal('check-fails', {
      limits: { verify: 'each-task' },
      given: skeleton([task('a')]),
      script: (call) => {
        if (call.purpose === 'verify') return PASSED;
        if (call.purpose !== 'check') return submitted();
        if (checks++ === 0) throw failure('model.attempts-exhausted', 'five times');
        return PASSED;
      },
    });
    expect(result).toMatchObject({ status: 'completed' });
    expect(fake.calls.map(key)).toEqual(['a/0/1', '_check-a/0/1', 'a/1/1', '_check-a/3/1', '_verify/0/1']);
  });

  it('a task with policy replan fails → the manager plans around it, goal completed', async () => {
    const first = [task('a'), task('x', [], { onFailure: 'replan' }), task('y', [1])];
    const second = [task('a'), task('x', [], { onFailure: 'replan' }), task('z', [0])];
    const { fake, result } = await runGoal('replanned', {
      script: (call) => {
        if (call.purpose === 'plan') return plan(...first);
        if (call.purpose === 'replan') return { kind: 'plan', skeleton: skeleton(second, { revision: 1 }) };
        return call.taskId === 'x' ? { kind: 'refused', reason: 'no' } : submitted();
      },
    });
    const replanned = fake.calls.find((call) => call.purpose === 'replan');
    expect(replanned).toMatchObject({ taskId: '_plan', revision: 1, frozen: ['a', 'x'] });
    expect(replanned?.unfinished?.[0]).toEqual({ taskId: 'x', status: 'failed', reason: 'refused: no' });
    expect(result).toMatchObject({ status: 'completed' });
    expect(fake.calls.map((call) => call.taskId)).not.toContain('y');
    expect(closed(fake)).toMatchObject({ replans: 1, tasks: { done: 2, failed: 1 } });
  });

  it('a replan is refused twice → the old plan stands, dependents are skipped', async () => {
    const { fake, result } = await runGoal('replan-refused', {
      given: skeleton([task('a'), task('x', [], { onFailure: 'replan' }), task('y', [1])]),
      script: (call) => {
        if (call.purpose === 'replan')
          return { kind: 'plan-rejected', problems: ['plan.cycle'], feedback: fakeRef('c') };
        return call.taskId === 'x' ? { kind: 'refused', reason: 'no' } : submitted();
      },
    });
    expect(result).toMatchObject({ status: 'partial' });
    expect(closed(fake)).toMatchObject({ fallbacks: ['replan.rejected:x'], tasks: { done: 1, failed: 1, skipped: 1 } });
  });

  it('a task with policy fail-goal fails → the rest is cancelled and the workflow fails with task.failed', async () => {
    const { fake, result } = await runGoal('fail-goal', {
      given: skeleton([task('a', [], { onFailure: 'fail-goal' }), task('slow'), task('later', [1])]),
      script: async (call) => {
        if (call.taskId === 'a') return { kind: 'refused', reason: 'no' };
        await untilCancelled();
        return submitted();
      },
    });
    expect(result).toBeInstanceOf(WorkflowFailedError);
    expect((result as WorkflowFailedError).cause).toMatchObject({ type: 'task.failed', nonRetryable: true });
    expect(closed(fake)).toMatchObject({
      status: 'failed',
      reason: 'task a failed: refused: no',
      tasks: { failed: 1, cancelled: 2 },
    });
  });

  it('no task done → failed', async () => {
    const { fake, result } = await runGoal('nothing-done', {
      given: skeleton([task('a')]),
      script: () => {
        throw failure('model.bad-request', 'malformed');
      },
    });
    expect(result).toBeInstanceOf(WorkflowFailedError);
    expect(closed(fake)).toMatchObject({
      status: 'failed',
      reason: 'no task was done; a: model.bad-request: malformed',
    });
    expect(fake.calls).toHaveLength(2);
  });

  it('turns with tools → all run, then the submission ends the task', async () => {
    const call = (index: number) => ({ index, id: `t${index}`, name: 'list_files', argsHash: 'h' });
    const { fake, result } = await runGoal('tools', {
      given: skeleton([task('a')]),
      toolFails: ({ turn }) => turn === 2,
      script: ({ turn }) => {
        if (turn === 1) return { kind: 'tools', calls: [call(0), call(1), call(2)], submitted: false };
        return { kind: 'tools', calls: [call(0)], submitted: true };
      },
    });
    expect(fake.tools.map(({ turn, index }) => `${turn}.${index}`).sort()).toEqual(['1.0', '1.1', '1.2', '2.0', '3.0']);
    expect(result).toMatchObject({ status: 'completed' });
  });

  it('an agent that never submits → failed after idle turns, then after all turns', async () => {
    const { fake } = await runGoal('never-submits', {
      limits: { maxRetries: 0, maxTurns: 4 },
      given: skeleton([task('idle'), task('busy')]),
      script: ({ taskId }) => {
        if (taskId === 'idle') return { kind: 'continue', why: 'no-submission' };
        return { kind: 'tools', calls: [{ index: 0, id: 't', name: 'list_files', argsHash: 'h' }], submitted: false };
      },
    });
    const reasons = fake.events
      .filter((event) => event.type === 'task-end')
      .map(({ taskId, data }) => [taskId, data.reason]);
    expect(new Map(reasons as [string, string][])).toEqual(
      new Map([
        ['idle', 'no submission after 3 idle turns'],
        ['busy', 'no submission within 4 turns'],
      ]),
    );
  });

  it('opening fails → the goal is closed as failed with the reason', async () => {
    const fake = fakeActivities({ taskQueue: bench.taskQueue, script: submitAll });
    const activities = {
      ...fake.activities,
      openGoal: async () => {
        throw failure('plan.invalid', 'tasks[0].agent: no agent "x"');
      },
    };
    await bench.withWorker(activities, async () => {
      const handle = await bench.start('open-fails');
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      await keepHistory(handle, 'open-fails');
    });
    expect(closed(fake)).toMatchObject({ status: 'failed', reason: 'plan.invalid: tasks[0].agent: no agent "x"' });
  });

  it('a cap on parallel tasks → never exceeded, critical path first', async () => {
    let running = 0;
    let most = 0;
    const started: string[] = [];
    const { result } = await runGoal('cap', {
      limits: { maxParallelTasks: 2 },
      given: skeleton([task('s1'), task('s2'), task('long'), task('l2', [2]), task('l3', [3])]),
      script: async ({ taskId }) => {
        started.push(taskId);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        return submitted();
      },
    });
    expect(result).toMatchObject({ status: 'completed' });
    expect(most).toBeLessThanOrEqual(2);
    expect(started.slice(0, 2)).toContain('long');
  });
});
