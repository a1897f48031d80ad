/** What must hold of every history that a file's goals have left behind. Integration tests only. */
import type { WorkflowHandle } from '@temporalio/client';
import { workflowIdOf } from '../../../src/core/contracts/ids.ts';
import { until } from '../../support/until.ts';
import { largestPayload } from '../../workflows/support/run-goal.ts';
import type { System } from './system.ts';

const MAX_PAYLOAD = 128 * 1024;

/** The server's way to say that something came in while the workflow was ending; it asks once more, and nothing is wrong. */
const UNHANDLED_COMMAND = 1;

/** One run of a workflow: how many of its tasks failed, its largest payload in bytes, its events. */
export interface RunFacts {
  readonly workflowId: string;
  readonly failedTasks: number;
  readonly largestPayload: number;
  readonly events: number;
}

/** All runs on the system's queue, also those that continued as new. Every goal of the store is among them. */
export async function readRuns(system: System): Promise<RunFacts[]> {
  const goals = await system.rows<{ goal_id: string }>('select goal_id from orchestrator.goals');
  const query = `TaskQueue = '${system.config.temporal.taskQueue}'`;
  const found = await until(async () => {
    const runs: { workflowId: string; runId: string }[] = [];
    for await (const run of system.temporal.workflow.list({ query })) runs.push(run);
    const known = new Set(runs.map((run) => run.workflowId));
    return goals.every(({ goal_id }) => known.has(workflowIdOf(goal_id))) && runs;
  }, 'a workflow of every goal');
  return Promise.all(found.map((run) => factsOf(system, run)));
}

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

function failedForGood({ workflowTaskFailedEventAttributes: failed }: HistoryEvent): boolean {
  return failed !== null && failed !== undefined && failed.cause !== UNHANDLED_COMMAND;
}

async function factsOf(system: System, run: { workflowId: string; runId: string }): Promise<RunFacts> {
  const history = await system.temporal.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  const events = history.events ?? [];
  return {
    workflowId: run.workflowId,
    failedTasks: events.filter(failedForGood).length,
    largestPayload: largestPayload(history),
    events: events.length,
  };
}

/** Adds the closing test of a file: sound histories, and events that are contiguous from 1 with one end. */
export function leavesSoundHistories(system: () => System): void {
  it('all histories → no failed workflow task (G13), no payload over 128 KiB (G12), events contiguous to one end', async () => {
    const runs = await readRuns(system());
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.filter((run) => run.failedTasks > 0)).toEqual([]);
    expect(runs.filter((run) => run.largestPayload > MAX_PAYLOAD)).toEqual([]);
    const stories = await system().rows<{ seqs: string[]; types: string[] }>(
      `select array_agg(seq order by seq) as seqs, array_agg(type order by seq) as types
       from orchestrator.events group by goal_id`,
    );
    expect(stories.length).toBeGreaterThan(0);
    for (const { seqs, types } of stories) {
      expect(seqs.map(Number)).toEqual(seqs.map((_, index) => index + 1));
      expect(types.filter((type) => type === 'goal-start').length).toBeLessThanOrEqual(1);
      expect(types.filter((type) => type === 'goal-end')).toHaveLength(types.includes('goal-end') ? 1 : 0);
      if (types.includes('goal-end')) expect(types.at(-1)).toBe('goal-end');
    }
  });
}
