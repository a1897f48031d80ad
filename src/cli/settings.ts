/** Configuration, folder and client as the global options say. Host side. */

import { effectiveConfig } from '../client/effective-config.ts';
import type { OrchestratorClient } from '../client/orchestrator-client.ts';
import type { Config } from '../core/config.ts';
import { type LoadedConfig, loadConfig } from '../integrations/config/load-config.ts';
import { expandPath, instanceDir } from '../integrations/instance/data-dir.ts';
import type { CommandContext } from './context.ts';

/** What commands work with. `dir` is the instance's folder: `simulated` has its own. */
export interface Settings {
  readonly loaded: LoadedConfig;
  /** With absolute paths and agent files. */
  readonly config: Config;
  readonly dir: string;
  readonly simulate: boolean;
}

/** Loads the configuration; its warnings go to stderr. Errors: `config.invalid`. */
export function loadSettings({ io, globals }: CommandContext): Settings {
  const loaded = loadConfig({
    env: { ...io.env },
    ...(globals.config === undefined ? {} : { file: globals.config }),
    ...(globals.dataDir === undefined ? {} : { flags: { dataDir: expandPath(globals.dataDir) } }),
  });
  for (const warning of loaded.warnings) io.stderr.write(`warning: ${warning}\n`);
  const simulate = globals.simulate ?? false;
  const config = simulate ? withoutDeployment(effectiveConfig(loaded)) : effectiveConfig(loaded);
  return { loaded, config, simulate, dir: instanceDir(config.dataDir, { simulate }) };
}

/** Builds stand side by side on a Temporal server of one's own only, which simulated work does not use. */
function withoutDeployment({ temporal, ...config }: Config): Config {
  const { deployment: _, ...rest } = temporal;
  return { ...config, temporal: rest };
}

/** Connects to the running instance, works, and closes the connection. */
export async function withClient<T>(settings: Settings, work: (client: OrchestratorClient) => Promise<T>): Promise<T> {
  const { connectOrchestrator } = await import('../client/connect.ts');
  const client = await connectOrchestrator({ config: settings.config, simulate: settings.simulate });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
