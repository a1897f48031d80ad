/** That what a file's goals have left behind replays on the code of today. Integration tests only. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { workflowIdOf } from '../../../src/core/contracts/ids.ts';
import { workflowBundlePath } from '../../support/test-servers.ts';
import type { System } from './system.ts';

const REPLAY = fileURLToPath(new URL('./replay-goals.mjs', import.meta.url));

/** Replays the history of every goal and conversation in the store; gives how many there were. */
export async function replayGoals({ address, namespace, ...system }: System): Promise<number> {
  const goals = await system.rows<{ goal_id: string }>('select goal_id from orchestrator.goals');
  const workflowIds = goals.map(({ goal_id }) => workflowIdOf(goal_id));
  const args = [REPLAY, workflowBundlePath(), address, namespace, ...workflowIds];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { replayed, failed } = JSON.parse(stdout);
  expect(failed).toEqual([]);
  return replayed;
}
