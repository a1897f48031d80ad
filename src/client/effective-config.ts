/** A loaded configuration with its paths made absolute and its agent files read in. Host side. */
import type { Config } from '../core/config.ts';
import { loadAgentFiles } from '../integrations/config/agent-files.ts';
import type { LoadedConfig } from '../integrations/config/load-config.ts';
import { resolveConfigPath } from '../integrations/config/paths.ts';

/** The configuration as the parts of the system take it. Errors: `config.invalid` for a bad agent file. */
export function effectiveConfig({ config, baseDir }: LoadedConfig): Config {
  const fromFiles = loadAgentFiles(resolveConfigPath(baseDir, config.agents.dir));
  return {
    ...config,
    dataDir: resolveConfigPath(baseDir, config.dataDir),
    agents: { ...config.agents, own: [...config.agents.own, ...fromFiles] },
  };
}
