/** `orchestrator up` on a machine that gives it little: few open files, a small heap, little memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTaskCall, type Rule, submit } from '../../src/simulator/index.ts';
import { computed, computing, planOf, task } from './support/plans.ts';
import { leavesSoundHistories } from './support/sound-histories.ts';
import { type System, startSystem } from './support/system.ts';
import { startUp } from './support/up-process.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ worker: false });
});
afterAll(() => system.close());

/** Forty tasks at once, each with a result of 50 KB, joined by one more. */
const tasks = Array.from({ length: 40 }, (_, at) => task(`t${at}`));
const PLAN = planOf([
  ...tasks,
  task(
    'join',
    tasks.map(({ id }) => id),
  ),
]);
const BIG = submit({ output: 'word '.repeat(5_000) });

/** Calls whose attempt before was ended for want of memory. */
async function putOffs(goalId: string): Promise<number> {
  const { events } = await system.temporal.workflow.getHandle(`goal-${goalId}`).fetchHistory();
  const types = (events ?? []).map(
    ({ activityTaskStartedEventAttributes: started }) => started?.lastFailure?.applicationFailureInfo?.type,
  );
  return types.filter((type) => type === 'worker.memory').length;
}

describe('a small machine', () => {
  it('64 open files (bad input 88) → it ends at once and says so', async () => {
    await expect(startUp(system, 'sk-ant-test', { openFiles: 64 })).rejects.toThrow(/ended.*too many open files/);
  });

  it('a heap of 128 MB (bad input 89) → 41 tasks with big results are completed', async () => {
    const up = await startUp(system, 'sk-ant-test', { heapMb: 128 });
    const goalId = await system.start(computing({ when: isTaskCall(), reply: BIG }), {
      plan: PLAN,
      verify: 'off',
      synthesis: false,
    });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { tasks: { done: 41 } } });
    expect(await up.end('SIGTERM')).toBe(0);
  });

  it('memory over its ceiling all the time → one call at a time goes through, the others are put off, completed', async () => {
    // Node alone needs more than 90 % of it.
    const up = await startUp(system, 'sk-ant-test', { env: { ORCHESTRATOR_WORKER__MEMORY_LIMIT_MB: '64' } });
    let [now, most] = [0, 0];
    const slow: Rule = {
      when: isTaskCall(),
      async reply(request) {
        most = Math.max(most, ++now);
        await sleep(300);
        now -= 1;
        return computed(request);
      },
    };
    const plan = planOf(['a', 'b', 'c', 'd'].map((id) => task(id)));
    const goalId = await system.start(computing(slow), { plan, verify: 'off', synthesis: false });
    expect(await system.result(goalId)).toMatchObject({ status: 'completed', census: { tasks: { done: 4 } } });
    expect(most).toBe(1);
    expect(await putOffs(goalId)).toBeGreaterThan(0);
    expect(up.said()).toContain('memory is short: calls are put off');
    expect(await up.end('SIGTERM')).toBe(0);
  });

  leavesSoundHistories(() => system);
});
