/** Builds of a worker deployment as the Temporal server knows them, with the goals that are open on each. Host side. */
import { type Client, isGrpcServiceError } from '@temporalio/client';

const NOT_FOUND = 5;
const WORKFLOW_TASKS = 1;

/** One build. `current`: new goals begin on it. */
export interface Build {
  readonly buildId: string;
  readonly current: boolean;
  readonly openGoals: number;
}

/** The deployment's builds, newest first, and open goals that belong to no build of any deployment. */
export interface DeployedBuilds {
  readonly builds: readonly Build[];
  readonly unversionedGoals: number;
}

/** Reads them; a deployment whose workers were never seen has no builds. Counts lag by about a second. */
export async function deployedBuilds(client: Client, deploymentName: string): Promise<DeployedBuilds> {
  const { current, buildIds } = await describe(client, deploymentName);
  const builds = buildIds.map(async (buildId): Promise<Build> => {
    const version = `TemporalWorkerDeploymentVersion = '${deploymentName}:${buildId}'`;
    return { buildId, current: buildId === current, openGoals: await countOpen(client, version) };
  });
  const unversionedGoals = await countOpen(client, 'TemporalWorkerDeploymentVersion IS NULL');
  return { builds: await Promise.all(builds), unversionedGoals };
}

/** The build that new workflows of the queue go to, whatever the workers here say; undefined: to workers without a deployment. */
export async function currentBuildOf(
  client: Client,
  taskQueue: string,
): Promise<{ readonly deployment: string; readonly buildId: string } | undefined> {
  const { versioningInfo } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
  const { deploymentName, buildId } = versioningInfo?.currentDeploymentVersion ?? {};
  return deploymentName && buildId ? { deployment: deploymentName, buildId } : undefined;
}

async function describe(client: Client, deploymentName: string) {
  const { namespace } = client.options;
  try {
    const { workerDeploymentInfo: info } = await client.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName,
    });
    const seen = (info?.versionSummaries ?? []).map(({ deploymentVersion }) => deploymentVersion?.buildId ?? '');
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId ?? undefined;
    return { current, buildIds: seen.filter((buildId) => buildId !== '') };
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return { current: undefined, buildIds: [] };
    throw error;
  }
}

async function countOpen(client: Client, condition: string): Promise<number> {
  const query = `WorkflowType = 'goalWorkflow' AND ExecutionStatus = 'Running' AND ${condition}`;
  const { count } = await client.workflow.count(query);
  return count;
}
