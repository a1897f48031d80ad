/** What a worker takes on by cores and memory, and how it holds back when memory is short. */
import { configSchema } from '../../src/core/config.ts';
import { failureType } from '../../src/core/failures.ts';
import { createMemoryGuard, memoryShare } from '../../src/workers/memory-guard.ts';
import { resourcesOf, thisMachine } from '../../src/workers/resources.ts';

const { worker } = configSchema.parse({});

describe('resourcesOf', () => {
  it.each([
    [
      { cores: 2, memoryMb: 24_000 },
      { modelCalls: 500, toolCalls: 20, workflowTasks: 40, cachedWorkflows: 200 },
    ],
    [
      { cores: 16, memoryMb: 64_000 },
      { modelCalls: 500, toolCalls: 160, workflowTasks: 200, cachedWorkflows: 200 },
    ],
    [
      { cores: 1, memoryMb: 512 },
      { modelCalls: 32, toolCalls: 10, workflowTasks: 20, cachedWorkflows: 25 },
    ],
    [
      { cores: 1, memoryMb: 128 },
      { memoryLimitMb: 256, modelCalls: 32 },
    ],
  ])('%j → slots by role %j, activities their sum', (machine, expected) => {
    const found = resourcesOf(worker, machine);
    expect(found).toMatchObject(expected);
    expect(found.activities).toBe(found.modelCalls + found.toolCalls + found.goalSteps);
  });

  it('what is configured → goes before', () => {
    const own = { ...worker, maxConcurrentActivities: 7, maxCachedWorkflows: 0, memoryLimitMb: 800 };
    expect(resourcesOf(own)).toMatchObject({ activities: 7, cachedWorkflows: 0, memoryLimitMb: 800, modelCalls: 100 });
  });

  it('this machine → at least a core and some memory', () => {
    expect(thisMachine().cores).toBeGreaterThan(0);
    expect(thisMachine().memoryMb).toBeGreaterThan(100);
  });
});

describe('memory guard', () => {
  it('below 90 % → all go through; from 90 % on → all but one are put off, until it falls', async () => {
    let share = 0.89;
    const changes: boolean[] = [];
    const guard = createMemoryGuard({ share: () => share, onChange: (holding) => changes.push(holding) });
    const ends: (() => void)[] = [];
    const work = guard(() => new Promise<void>((resolve) => ends.push(resolve)));
    const first = [work(1), work(2)];
    expect(ends).toHaveLength(2);
    share = 0.9;
    const putOff = await work(3).catch((error: unknown) => error);
    expect(failureType(putOff)).toBe('worker.memory');
    expect(putOff).toMatchObject({ nonRetryable: false, nextRetryDelay: 2_000 });
    for (const end of ends.splice(0)) end();
    await Promise.all(first);
    const alone = work(4);
    await expect(work(5)).rejects.toThrow('90 %');
    share = 0.5;
    const last = work(6);
    expect(ends).toHaveLength(2);
    for (const end of ends) end();
    await Promise.all([alone, last]);
    expect(changes).toEqual([true, false]);
  });

  it('share → of the limit, or of the heap when that is nearer to its end', () => {
    expect(memoryShare(1)()).toBeGreaterThan(10);
    expect(memoryShare(1_000_000)()).toBeLessThan(0.95);
    expect(memoryShare(1_000_000)()).toBeGreaterThan(0.001);
  });
});
