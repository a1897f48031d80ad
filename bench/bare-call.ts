/** A call to the simulator and nothing else: what the bare workflow's activity and the plain-promises runner do. Benchmark only. */
import { createClaude } from '../src/integrations/claude/client.ts';
import { latencyText } from './plan.ts';

/** The bare workflow's activity. */
export interface BareActivities {
  callSimulator(input: { readonly key: string; readonly latencyMs: number }): Promise<void>;
}

/** Calls over the same client that the product uses. */
export function createBareCall(simulatorUrl: string): BareActivities {
  const claude = createClaude({
    apiKey: 'simulated',
    baseUrl: simulatorUrl,
    idleTimeoutMs: 60_000,
    callTimeoutMs: 600_000,
  });
  return {
    async callSimulator({ key, latencyMs }) {
      const messages = [{ role: 'user' as const, content: latencyText(latencyMs) }];
      await claude.send({ model: 'claude-haiku-5-5', max_tokens: 8_000, messages }, { callKey: key });
    },
  };
}
