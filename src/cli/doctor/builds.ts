/** `doctor` about worker versions: which build new goals begin on, and which builds still have open ones. Host side. */
import type { Config } from '../../core/config.ts';
import type { DeployedBuilds } from '../../integrations/temporal/builds.ts';
import { type Finding, fail, ok, warn } from './check.ts';

/** Asks the configured server about the configured deployment. */
export async function checkBuilds(config: Config, deployment: string): Promise<Finding> {
  const { temporalFromEnvironment } = await import('../../integrations/temporal/temporal-target.ts');
  const address = config.temporal.address ?? temporalFromEnvironment()?.address;
  if (address === undefined) {
    return fail('Builds', 'temporal.deployment needs a Temporal server of your own', 'Set TEMPORAL_ADDRESS.');
  }
  const { connectTemporal } = await import('../../integrations/temporal/connect-temporal.ts');
  const { deployedBuilds } = await import('../../integrations/temporal/builds.ts');
  const { client, close } = await connectTemporal({
    address,
    namespace: config.temporal.namespace,
    timeoutMs: 5_000,
  });
  try {
    return judgeBuilds(deployment, await deployedBuilds(client, deployment));
  } finally {
    await close();
  }
}

/** A line per build; without a current one no goal begins. Pure. */
export function judgeBuilds(deployment: string, { builds, unversionedGoals }: DeployedBuilds): Finding {
  const open = (count: number) => `${count} open ${count === 1 ? 'goal' : 'goals'}`;
  const lines = builds.map(
    ({ buildId, current, openGoals }) => `${buildId}: ${open(openGoals)}${current ? ' (current)' : ''}`,
  );
  const without = unversionedGoals > 0 ? [`without a build: ${open(unversionedGoals)}`] : [];
  const detail = [`deployment ${deployment}`, ...lines, ...without].join('\n');
  const [newest] = builds;
  if (newest === undefined) return warn('Builds', `${detail}: no worker seen yet`, 'Start one: `orchestrator up`.');
  if (builds.some(({ current }) => current)) return ok('Builds', detail);
  return fail(
    'Builds',
    `${detail}\nno build is current: goals do not begin`,
    `temporal worker deployment set-current-version --deployment-name ${deployment} --build-id ${newest.buildId}`,
  );
}
