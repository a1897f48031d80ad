/** Composition root: configuration to dependencies to one Temporal worker with the asked-for roles. Host side. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NativeConnection, Runtime, Worker, type WorkerOptions, type WorkerTuner } from '@temporalio/worker';
import { createBatchActivities } from '../activities/batch-activities.ts';
import { createCapacity } from '../activities/capacity.ts';
import { createConversationActivities } from '../activities/conversation/conversation-activities.ts';
import { createEventActivities } from '../activities/event-activities.ts';
import { createFairTurns } from '../activities/fair-turns.ts';
import { createGoalActivities, type SnapshotBase } from '../activities/goal-activities.ts';
import { createHaltWatch, type HaltWatch } from '../activities/halt-watch.ts';
import { createModelActivities, type ModelDeps } from '../activities/model-activities.ts';
import { createPinned } from '../activities/pinned.ts';
import { createPlanEditActivities } from '../activities/plan-edit-activities.ts';
import { createScheduleActivities } from '../activities/schedule-activities.ts';
import { createToolActivities } from '../activities/tool-activities.ts';
import { pinsOf } from '../client/pins.ts';
import type { AgentDefinition } from '../core/agent.ts';
import type { Config } from '../core/config.ts';
import type { ModelActivities, ToolActivities } from '../core/contracts/activities.ts';
import type { BatchActivities } from '../core/contracts/batches.ts';
import { embeddedQueues } from '../core/contracts/ids.ts';
import { tenantBudgetOf } from '../core/tenant-budget.ts';
import { tenantWeights } from '../core/tenant-weight.ts';
import { createClaude } from '../integrations/claude/client.ts';
import { packageVersion } from '../integrations/config/package-version.ts';
import type { Store } from '../store/store.ts';
import { builtInCatalog, pinTools, type ToolCatalog } from '../tools/catalog.ts';
import { watchBusyLoop } from './busy-loop.ts';
import { capacitySettings } from './capacity-settings.ts';
import { createMemoryGuard, memoryShare } from './memory-guard.ts';
import { type Resources, resourcesOf } from './resources.ts';
import { sweepSpending } from './sweep-spending.ts';

/** What a worker is made of. `dataDir` holds the goals' workspaces. */
export interface WorkerSetup {
  readonly config: Config;
  readonly store: Store;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly claude: { readonly apiKey?: string; readonly baseUrl?: string };
  readonly agents: readonly AgentDefinition[];
  readonly dataDir: string;
  /** A workflow bundle made beforehand; default: the one the build made, else the sources are bundled at start. */
  readonly workflowBundlePath?: string;
}

/** Calls that outlast the grace period are aborted, and get this long to say so: then another worker makes them again. */
const ABORT_MS = 3_000;
/** What a worker that died was to do next is given to another one after this time; a busy worker is sooner. */
const STICKY_MS = 5_000;
/** Model calls that are prepared at once: what workflow tasks do in the store goes between. */
const PREPARED_AT_ONCE = 10;
/** Model calls of one goal that are under way while this process is busy: what others do goes between. */
const GOAL_SHARE = 4;
/** And while it is busy with one goal alone: enough to keep it busy. */
const LONE_GOAL_SHARE = 20;
/** Local activities (batches of events) and Nexus, which is not used, at once. */
const LOCAL_SLOTS = 100;

/** A worker that polls. `run` rejects when the worker fails; `shutdown` lets running calls end within the grace period. */
export interface RunningWorker {
  readonly resources: Resources;
  readonly run: Promise<void>;
  shutdown(): Promise<void>;
}

/** Starts a worker that serves every role from one queue. */
export async function startWorker(setup: WorkerSetup): Promise<RunningWorker> {
  const { config, connection, namespace } = setup;
  const queues = embeddedQueues(config.temporal.taskQueue);
  const resources = resourcesOf(config.worker);
  const halts = createHaltWatch(setup.store);
  const model = modelDeps(setup, halts);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: queues.workflow,
    ...workflowSource(setup.workflowBundlePath),
    ...(await deploymentOf(config)),
    activities: guarded(activitiesOf(setup, model), resources),
    tuner: tunerOf(resources),
    maxCachedWorkflows: resources.cachedWorkflows,
    stickyQueueScheduleToStartTimeout: STICKY_MS,
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: config.worker.shutdownGraceMs,
    shutdownForceTime: config.worker.shutdownGraceMs + ABORT_MS,
  });
  const stopSweeping = sweepSpending(model);
  const run = worker.run().finally(() => {
    stopSweeping();
    halts.close();
  });
  return { run, resources, shutdown: () => shutDown(worker, run) };
}

/** Fixed numbers of slots, as computed. */
function tunerOf({ activities, workflowTasks }: Resources): WorkerTuner {
  const slots = (numSlots: number) => ({ type: 'fixed-size', numSlots }) as const;
  return {
    workflowTaskSlotSupplier: slots(workflowTasks),
    activityTaskSlotSupplier: slots(activities),
    localActivityTaskSlotSupplier: slots(LOCAL_SLOTS),
    nexusTaskSlotSupplier: slots(1),
  };
}

/** Model and tool calls hold texts: they are put off while memory is short. */
function guarded<A extends ModelActivities & BatchActivities & ToolActivities>(
  activities: A,
  { memoryLimitMb }: Resources,
): A {
  const { logger } = Runtime.instance();
  const guard = createMemoryGuard({
    share: memoryShare(memoryLimitMb),
    onChange: (holding, share) =>
      logger.warn(holding ? 'memory is short: calls are put off' : 'memory is free again', { share, memoryLimitMb }),
  });
  const { callModel, submitBatch, collectBatch, runTool } = activities;
  return {
    ...activities,
    ...{ callModel: guard(callModel), runTool: guard(runTool) },
    ...{ submitBatch: guard(submitBatch), collectBatch: guard(collectBatch) },
  };
}

async function shutDown(worker: Worker, run: Promise<void>): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await run;
}

/** A goal stays on the build that began it (Temporal's worker versioning), when there is a deployment. */
async function deploymentOf({ temporal, worker }: Config): Promise<Pick<WorkerOptions, 'workerDeploymentOptions'>> {
  const { deployment: deploymentName } = temporal;
  if (deploymentName === undefined) return {};
  const buildId = worker.buildId ?? (await packageVersion());
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName, buildId },
      defaultVersioningBehavior: 'PINNED',
    },
  };
}

/** The bundle that the build made when there is one, else the sources, which the worker then bundles at start. */
function workflowSource(given?: string): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const codePath = given ?? join(here, '..', 'workflow-bundle.js');
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return { workflowsPath: join(here, '..', 'workflows', `index.${extension}`) };
}

function modelDeps(setup: WorkerSetup, halts: HaltWatch): ModelDeps {
  const { config, store } = setup;
  const pinned = createPinned(store);
  const tenantBudget = tenantBudgetOf(config);
  const { idleTimeoutMs, callTimeoutMs, maxFailures, probeIntervalMs } = config.claude;
  return {
    ...{ store, pinned, catalog: builtInCatalog(), halts, maxFailures, probeIntervalMs },
    turns: createFairTurns({
      width: PREPARED_AT_ONCE,
      share: GOAL_SHARE,
      alone: LONE_GOAL_SHARE,
      ...watchBusyLoop(),
    }),
    capacity: createCapacity({ store, pinned }, capacitySettings(config)),
    claude: createClaude({ ...setup.claude, apiKey: setup.claude.apiKey ?? '', idleTimeoutMs, callTimeoutMs }),
    ...(tenantBudget ? { tenantBudget } : {}),
  };
}

function activitiesOf(setup: WorkerSetup, model: ModelDeps) {
  const { store, pinned, catalog, halts } = model;
  const workspaces = join(setup.dataDir, 'workspaces');
  const { config } = setup;
  const base = snapshotBase(setup, catalog);
  const queues = embeddedQueues(config.temporal.taskQueue);
  return {
    ...createGoalActivities({ store, pinned, queues, workspaces, base, turns: model.turns }),
    ...createConversationActivities({ store, queues, base }),
    ...createPlanEditActivities({ store, pinned }),
    ...createModelActivities(model),
    ...createBatchActivities(model),
    ...createToolActivities({ store, pinned, catalog, workspaces, halts }),
    ...createScheduleActivities({ store, weightOf: tenantWeights(config), lateAfterMs: config.schedules.lateAfterMs }),
    ...createEventActivities(store),
  };
}

function snapshotBase({ config, agents }: WorkerSetup, catalog: ToolCatalog): SnapshotBase {
  return { ...pinsOf(config, agents), tools: pinTools(catalog), batch: config.claude.batch };
}
