/** `orchestrator up` on a machine that gives it little: few open files, a small heap. */

import { isTaskCall, submit } from '../../src/simulator/index.ts';
import { computing, planOf, task } from './support/plans.ts';
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
  }, 90_000);

  leavesSoundHistories(() => system);
});
