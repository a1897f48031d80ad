/** All activities over one store, with a simulator in place of Claude. Tests only. */
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBatchActivities } from '../../../src/activities/batch-activities.ts';
import { createCapacity } from '../../../src/activities/capacity.ts';
import { createEventActivities } from '../../../src/activities/event-activities.ts';
import { createFairTurns } from '../../../src/activities/fair-turns.ts';
import { createGoalActivities } from '../../../src/activities/goal-activities.ts';
import { createHaltWatch } from '../../../src/activities/halt-watch.ts';
import { createModelActivities, type ModelDeps } from '../../../src/activities/model-activities.ts';
import { createPinned } from '../../../src/activities/pinned.ts';
import { createToolActivities } from '../../../src/activities/tool-activities.ts';
import { BUILT_IN_AGENTS } from '../../../src/agents/built-in-agents.ts';
import { configSchema } from '../../../src/core/config.ts';
import type { GoalLimits } from '../../../src/core/contracts/goal.ts';
import { embeddedQueues } from '../../../src/core/contracts/ids.ts';
import type { TenantBudget } from '../../../src/core/tenant-budget.ts';
import { createClaude } from '../../../src/integrations/claude/client.ts';
import { type Brain, startSimulator } from '../../../src/simulator/index.ts';
import type { Store } from '../../../src/store/store.ts';
import { builtInCatalog, pinTools } from '../../../src/tools/catalog.ts';
import { capacitySettings } from '../../../src/workers/capacity-settings.ts';

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Runs an activity as a worker would. */
export function runActivity<I, R>(activity: (input: I) => Promise<R>, input: I): Promise<R> {
  return new MockActivityEnvironment({}, { logger: silent }).run(activity, input) as Promise<R>;
}

/** The activities with the default configuration and `limits` over it. `folder` holds the workspaces. */
export async function allActivities(setup: {
  store: Store;
  folder: string;
  taskQueue: string;
  brain: Brain;
  limits?: Partial<GoalLimits>;
  tenantBudget?: TenantBudget;
}) {
  const { store, tenantBudget } = setup;
  const simulator = await startSimulator({ brain: setup.brain, batchDelayMs: 10 });
  const catalog = builtInCatalog();
  const claude = createClaude({ apiKey: 'k', baseUrl: simulator.url, idleTimeoutMs: 5_000, callTimeoutMs: 20_000 });
  const pinned = createPinned(store);
  const halts = createHaltWatch(store);
  const capacity = createCapacity({ store, pinned }, capacitySettings(configSchema.parse({})));
  const { claude: settings, goals } = configSchema.parse({});
  const { maxTasks, budgetUsd: _none, ...limits } = goals;
  const base = {
    promptVersion: 1,
    agents: BUILT_IN_AGENTS,
    tiers: settings.tiers,
    tools: pinTools(catalog),
    maxTasks,
    batch: settings.batch,
    limits: { ...limits, ...setup.limits },
  };
  const workspaces = join(setup.folder, 'workspaces');
  const turns = createFairTurns({ width: 8, share: 4, alone: 4, calmMs: () => Infinity, activeMs: () => 0 });
  const model: ModelDeps = {
    ...{ store, pinned, catalog, claude, capacity, halts },
    ...{ maxFailures: 3, probeIntervalMs: 5_000, turns },
    ...(tenantBudget ? { tenantBudget } : {}),
  };
  const activities = {
    ...createGoalActivities({ store, pinned, base, workspaces, turns, queues: embeddedQueues(setup.taskQueue) }),
    ...createModelActivities(model),
    ...createBatchActivities(model),
    ...createToolActivities({ store, pinned, catalog, workspaces, halts }),
    ...createEventActivities(store),
  };
  return { simulator, activities, model };
}
