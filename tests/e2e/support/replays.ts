/** That what a file's goals have left behind replays on the code of today. Integration tests only. */
import { Worker } from '@temporalio/worker';
import { workflowIdOf } from '../../../src/core/contracts/ids.ts';
import { workflowBundlePath } from '../../support/test-servers.ts';
import type { System } from './system.ts';

/** Replays the history of every goal and conversation in the store; gives how many there were. */
export async function replayGoals(system: System): Promise<number> {
  const goals = await system.rows<{ goal_id: string }>('select goal_id from orchestrator.goals');
  const histories = await Promise.all(
    goals.map(async ({ goal_id }) => {
      const handle = system.temporal.workflow.getHandle(workflowIdOf(goal_id));
      return { workflowId: handle.workflowId, history: await handle.fetchHistory() };
    }),
  );
  let replayed = 0;
  const options = { workflowBundle: { codePath: workflowBundlePath() } };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    expect([workflowId, error]).toEqual([workflowId, undefined]);
    replayed += 1;
  }
  return replayed;
}
