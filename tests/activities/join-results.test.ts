/** What a goal without a synthesis delivers. */
import { joinResults } from '../../src/activities/join-results.ts';
import type { Store } from '../../src/store/store.ts';
import { plan, TENANT, task } from '../store/samples.ts';

/** Joins, with tasks that stand as `statuses` says; gives the text and which results were read. */
async function join(
  tasks: readonly ReturnType<typeof task>[],
  statuses: Readonly<Record<string, string>>,
  unfinished: readonly string[] = [],
) {
  const read: string[] = [];
  const latest = async (_tenant: string, _goalId: string, taskIds: readonly string[]) => {
    read.push(...taskIds);
    return taskIds.map((taskId) => ({ taskId, text: `result of ${taskId}` }));
  };
  const joined = await joinResults({ results: { latest } } as unknown as Store, {
    ...{ goalId: 'g', tenant: TENANT, plan: plan(tasks) },
    runs: tasks.map(({ id, dependsOn }) => ({
      taskId: id,
      dependsOn,
      status: statuses[id] ?? 'done',
      startedAt: null,
      endedAt: null,
    })),
    unfinished: unfinished.map((taskId) => ({ taskId, status: 'failed' as const, reason: 'no' })),
  });
  return { read, text: joined && Buffer.from(joined).toString('utf8') };
}

describe('joinResults', () => {
  it('results that others build on → neither shown nor read', async () => {
    const tasks = [task('a'), task('b', { dependsOn: ['a'] }), task('c', { dependsOn: ['a'] })];
    const { read, text } = await join(tasks, {});
    expect(read).toEqual(['b', 'c']);
    expect(text).toBe('# A plan\n\n## Task b [b]\n\nresult of b\n\n## Task c [c]\n\nresult of c');
  });

  it('what builds on a result failed → that result is shown, and what is not done', async () => {
    const tasks = [task('a'), task('b', { dependsOn: ['a'] })];
    const { text } = await join(tasks, { b: 'failed' }, ['b']);
    expect(text).toBe('# A plan\n\n## Task a [a]\n\nresult of a\n\n## Not done\n\n- b: failed (no)');
  });

  it('more tasks are not done than are listed → none of them counts as done, and they are counted', async () => {
    const failed = Array.from({ length: 60 }, (_, at) => `f${at}`);
    const tasks = [task('a'), ...failed.map((id) => task(id, { dependsOn: ['a'] }))];
    const { read, text } = await join(
      tasks,
      Object.fromEntries(failed.map((id) => [id, 'failed'])),
      failed.slice(0, 50),
    );
    expect(read).toEqual(['a']);
    expect(text?.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(51);
    expect(text?.endsWith('- and 10 more')).toBe(true);
  });

  it('nothing is done → nothing', async () => {
    await expect(join([task('a')], { a: 'failed' }, ['a'])).resolves.toMatchObject({ text: undefined });
  });
});
