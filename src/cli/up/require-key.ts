/** Refuses to work without a key, before anything is started. Host side. */
import type { Config } from '../../core/config.ts';
import { OrchestratorError } from '../../core/failures.ts';

/** Errors: `config.no-key` when there is neither a key nor the simulator. */
export function refuseWithoutKey(config: Config, simulate: boolean): void {
  if (simulate || config.claude.apiKey !== undefined) return;
  throw new OrchestratorError('config.no-key', 'There is no Anthropic API key, so no goal could be worked on.', {
    remedy: 'Set ANTHROPIC_API_KEY, or add --simulate to try it with made-up answers at no cost.',
  });
}
