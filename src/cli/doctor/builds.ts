/** `doctor` about worker versions: which build new goals begin on, and which builds still have open ones. Host side. */
import { embeddedQueues } from '../../core/contracts/ids.ts';
import { configuredServers } from '../../integrations/instance/configured-servers.ts';
import type { DeployedBuilds } from '../../integrations/temporal/builds.ts';
import type { Settings } from '../settings.ts';
import { type Finding, fail, ok, warn } from './check.ts';

/** Asks the configured server about the configured deployment; nothing to say without both, unless goals go to one all the same. */
export async function checkBuilds({ config, simulate }: Pick<Settings, 'config' | 'simulate'>): Promise<Finding[]> {
  const { deployment, taskQueue } = config.temporal;
  const { temporal } = configuredServers(config, { simulate });
  if (!temporal) {
    const missing = 'temporal.deployment needs a Temporal server of your own';
    return deployment === undefined ? [] : [fail('Builds', missing, 'Set TEMPORAL_ADDRESS.')];
  }
  const { connectTemporal } = await import('../../integrations/temporal/connect-temporal.ts');
  const { currentBuildOf, deployedBuilds } = await import('../../integrations/temporal/builds.ts');
  const { client, close } = await connectTemporal({ ...temporal, timeoutMs: 5_000 });
  try {
    if (deployment !== undefined) return [judgeBuilds(deployment, await deployedBuilds(client, deployment))];
    const current = await currentBuildOf(client, embeddedQueues(taskQueue).workflow);
    return current ? [elsewhere(current)] : [];
  } finally {
    await close();
  }
}

function elsewhere({ deployment, buildId }: { readonly deployment: string; readonly buildId: string }): Finding {
  return fail(
    'Builds',
    `new goals go to build ${buildId} of deployment ${deployment}, and no deployment is set here`,
    `Set temporal.deployment to ${deployment}, or: temporal worker deployment set-current-version --deployment-name ${deployment} --unversioned`,
  );
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
