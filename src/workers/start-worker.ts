/** Composition root: configuration to dependencies to one Temporal worker with the asked-for roles. Host side. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createEventActivities } from '../activities/event-activities.ts';
import { createGoalActivities, type SnapshotBase } from '../activities/goal-activities.ts';
import { createModelActivities } from '../activities/model-activities.ts';
import { createPinned } from '../activities/pinned.ts';
import { createToolActivities } from '../activities/tool-activities.ts';
import { PROMPT_VERSION } from '../agents/prompt-version.ts';
import type { AgentDefinition } from '../core/agent.ts';
import type { Config } from '../core/config.ts';
import { toMicroUsd } from '../core/contracts/budget.ts';
import { embeddedQueues } from '../core/contracts/ids.ts';
import { createClaude } from '../integrations/claude/client.ts';
import type { Store } from '../store/store.ts';
import { builtInCatalog, pinTools, type ToolCatalog } from '../tools/catalog.ts';

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

/** A worker that polls. `run` rejects when the worker fails; `shutdown` lets running calls end within the grace period. */
export interface RunningWorker {
  readonly run: Promise<void>;
  shutdown(): Promise<void>;
}

/** Starts a worker that serves every role from one queue. */
export async function startWorker(setup: WorkerSetup): Promise<RunningWorker> {
  const { config, connection, namespace } = setup;
  const queues = embeddedQueues(config.temporal.taskQueue);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: queues.workflow,
    ...workflowSource(setup.workflowBundlePath),
    activities: activitiesOf(setup),
    maxConcurrentActivityTaskExecutions: config.worker.maxConcurrentActivities,
    maxConcurrentWorkflowTaskExecutions: config.worker.maxConcurrentWorkflowTasks,
    maxCachedWorkflows: config.worker.maxCachedWorkflows,
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: config.worker.shutdownGraceMs,
    shutdownForceTime: config.worker.shutdownGraceMs + 10_000,
  });
  const run = worker.run();
  return { run, shutdown: () => shutDown(worker, run) };
}

async function shutDown(worker: Worker, run: Promise<void>): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await run;
}

/** The bundle that the build made when there is one, else the sources, which the worker then bundles at start. */
function workflowSource(given?: string): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const codePath = given ?? join(here, '..', 'workflow-bundle.js');
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return { workflowsPath: join(here, '..', 'workflows', `index.${extension}`) };
}

function activitiesOf(setup: WorkerSetup): Record<string, (...args: never[]) => Promise<unknown>> {
  const { config, store } = setup;
  const pinned = createPinned(store);
  const catalog = builtInCatalog();
  const { idleTimeoutMs, callTimeoutMs, maxFailures, probeIntervalMs } = config.claude;
  const claude = createClaude({ ...setup.claude, apiKey: setup.claude.apiKey ?? '', idleTimeoutMs, callTimeoutMs });
  const queues = embeddedQueues(config.temporal.taskQueue);
  return {
    ...createGoalActivities({ store, pinned, queues, base: snapshotBase(setup, catalog) }),
    ...createModelActivities({ store, pinned, catalog, claude, maxFailures, probeIntervalMs }),
    ...createToolActivities({ store, pinned, catalog, workspaces: join(setup.dataDir, 'workspaces') }),
    ...createEventActivities(store),
  };
}

function snapshotBase({ config, agents }: WorkerSetup, catalog: ToolCatalog): SnapshotBase {
  const { maxTasks, budgetUsd, ...limits } = config.goals;
  const budget = budgetUsd === undefined ? {} : { budgetMicroUsd: toMicroUsd(budgetUsd) };
  return {
    promptVersion: PROMPT_VERSION,
    agents,
    tiers: config.claude.tiers,
    tools: pinTools(catalog),
    maxTasks,
    limits: { ...limits, ...budget },
  };
}
