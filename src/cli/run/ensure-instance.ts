/** The instance that `run` works with: the one that runs, or one started for it. Host side. */
import { configuredServers } from '../../integrations/instance/configured-servers.ts';
import { findInstance } from '../../integrations/instance/record.ts';
import type { CommandContext } from '../context.ts';
import type { Settings } from '../settings.ts';
import { startInBackground } from '../up/background.ts';
import { refuseWithoutKey } from '../up/require-key.ts';
import { stopInstance } from '../up/stop-instance.ts';
import { progressLine } from '../up/up-log.ts';

/** `stopIfIdle` ends the instance when it was started here and `openGoals` finds none. */
export interface UsedInstance {
  stopIfIdle(openGoals: () => Promise<number>): Promise<void>;
}

/** Finds or starts it. Errors: `config.no-key` before anything is started, those of the start. */
export async function ensureInstance(context: CommandContext, settings: Settings): Promise<UsedInstance> {
  const { io } = context;
  const found = await findInstance(settings.dir).catch(() => ({ state: 'none' as const }));
  const isReady = found.state === 'running' && found.record.state === 'ready';
  if (isReady || (found.state !== 'running' && isConfigured(settings))) return { stopIfIdle: async () => undefined };
  refuseWithoutKey(settings.config, settings.simulate);
  const ours = found.state !== 'running';
  const say = (line: string): void => {
    io.stderr.write(progressLine(line));
  };
  say(ours ? 'Starting Temporal, PostgreSQL and a worker' : 'Waiting for the instance that is starting');
  await startInBackground(context, settings, say);
  return {
    stopIfIdle: async (openGoals) => {
      if (ours && (await openGoals().catch(() => 1)) === 0) await stopInstance(settings, () => undefined);
    },
  };
}

/** Servers with workers of their own stand elsewhere. */
function isConfigured({ config, simulate }: Settings): boolean {
  const { temporal, databaseUrl } = configuredServers(config, { simulate });
  return temporal !== undefined && databaseUrl !== undefined;
}
