import type { TaskSkeleton, TaskStatus } from '../../src/core/contracts/plan.ts';
import { detailsOf } from '../../src/workflows/goal/details.ts';
import type { GoalRun, TaskRun } from '../../src/workflows/goal/goal-run.ts';

const task = (id: string, dependsOn: number[] = []): TaskSkeleton => ({
  ...{ id, agent: 'writer', tier: 'fast', effort: 'S', priority: 3, optional: false, onFailure: 'retry' },
  ...{ dependsOn, criteria: 0 },
});

/** A run whose tasks are in the given states; only what the details read. */
function runWith(
  tasks: readonly TaskSkeleton[],
  statuses: readonly TaskStatus[],
  more: Partial<GoalRun> = {},
): GoalRun {
  const states = tasks.map(({ id }, at): [string, Partial<TaskRun>] => [id, { turn: 2, revision: at === 0 ? 1 : 0 }]);
  const done = statuses.filter((status) => status === 'done').length;
  const schedule = {
    counts: () => ({ done }),
    status: (id: string) => statuses[tasks.findIndex((each) => each.id === id)],
  };
  const graph = { skeleton: { tasks, source: 'manager' }, schedule, tasks: new Map(states) };
  return {
    ...{
      input: { goalId: 'g', tenant: 'default' },
      status: 'running',
      costMicroUsd: 45_129,
      replans: 0,
      graph,
      batches: { waiting: 0 },
    },
    ...more,
  } as unknown as GoalRun;
}

const rows = (details: string) => details.split('\n').filter((line) => line.startsWith('| ') && !line.includes(':--'));

describe('detailsOf', () => {
  it('a running goal → counts, cost, running tasks first, what waits and for what', () => {
    const details = detailsOf(runWith([task('a'), task('b'), task('c', [0, 1])], ['done', 'running', 'waiting']));
    expect(details.split('\n')[0]).toBe('**running** · 1 of 3 tasks done · 0.0451 USD');
    expect(rows(details).slice(1)).toEqual([
      '| b | running | writer | 2 |  |',
      '| c | waiting | writer |  | after a, b |',
      '| a | done | writer | 2 | attempt 2 |',
    ]);
  });

  it('Markdown in a reason → shown as text: no picture, link or cell of its own', () => {
    const reason = 'x | ![y](http://example.com/?q) <img src=x> `z`';
    const details = detailsOf(runWith([task('a')], ['failed'], { status: 'failed', reason }));
    expect(details).toContain('x \\| \\!\\[y\\]\\(http://example.com/?q\\) \\<img src=x\\> \\`z\\`');
  });

  it('a plan of 1,000 tasks → 60 rows and the number of the rest', () => {
    const tasks = Array.from({ length: 1_000 }, (_, at) => task(`t${at}`));
    const details = detailsOf(
      runWith(
        tasks,
        tasks.map(() => 'done'),
      ),
    );
    expect(rows(details)).toHaveLength(62);
    expect(details).toContain('| … 940 more | | | | |');
  });

  it('no plan yet → status and cost only', () => {
    const { graph: _none, ...run } = runWith([], []);
    expect(detailsOf({ ...run, status: 'planning' }).trim()).toBe('**planning** · 0.0451 USD');
  });
});
