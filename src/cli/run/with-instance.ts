/** Working with the instance that runs, or with one started for it and ended when nothing is left to do. Host side. */
import type { OrchestratorClient } from '../../client/orchestrator-client.ts';
import type { CommandContext } from '../context.ts';
import { type Settings, withClient } from '../settings.ts';
import { ensureInstance } from './ensure-instance.ts';

/** Brings up what is missing, connects and works. */
export async function withInstance(
  context: CommandContext,
  settings: Settings,
  work: (client: OrchestratorClient) => Promise<number>,
): Promise<number> {
  const instance = await ensureInstance(context, settings);
  return withClient(settings, work).finally(() => instance.stopIfIdle(openGoals(settings)));
}

const openGoals = (settings: Settings) => () =>
  withClient(settings, async (client: OrchestratorClient) => {
    const { OPEN_STATUSES } = await import('../../client/goal-statuses.ts');
    return (await client.list({ status: OPEN_STATUSES, limit: 1 })).length;
  });
