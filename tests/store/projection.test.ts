/** What a batch of events means for the read model. */
import { project } from '../../src/store/projection.ts';

describe('projection', () => {
  it('project: start and end of one task in a batch → one patch with both times', () => {
    const { tasks } = project([
      { type: 'task-start', taskId: 'a', data: { revision: 2 }, atMs: 0 },
      { type: 'task-end', taskId: 'a', data: { status: 'failed', reason: 'r' }, atMs: 1_000 },
    ]);
    expect(tasks).toEqual([
      {
        taskId: 'a',
        status: 'failed',
        reason: 'r',
        revision: 2,
        startedAt: '1970-01-01T00:00:00.000Z',
        endedAt: '1970-01-01T00:00:01.000Z',
      },
    ]);
  });

  it('project: a retry after a failed end → neither its reason nor its end stay', () => {
    const { tasks } = project([
      { type: 'task-end', taskId: 'a', data: { status: 'failed', reason: 'r' } },
      { type: 'task-retry', taskId: 'a', data: {} },
    ]);
    expect(tasks).toEqual([{ taskId: 'a', status: 'ready' }]);
  });

  it('project: `goalStatus` in any event → the goal’s status; events of no effect → nothing', () => {
    expect(project([{ type: 'replan', data: { goalStatus: 'planning' } }]).goal).toEqual({ status: 'planning' });
    expect(project([{ type: 'turn-end', taskId: 'a', data: {} }])).toEqual({ goal: {}, tasks: [] });
  });
});
