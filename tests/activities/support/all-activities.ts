/** All activities over one store, with a simulator in place of Claude. Tests only. */
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createEventActivities } from '../../../src/activities/event-activities.ts';
import { createGoalActivities } from '../../../src/activities/goal-activities.ts';
import { createModelActivities } from '../../../src/activities/model-activities.ts';
import { createPinned } from '../../../src/activities/pinned.ts';
import { createToolActivities } from '../../../src/activities/tool-activities.ts';
import { BUILT_IN_AGENTS } from '../../../src/agents/built-in-agents.ts';
import { configSchema } from '../../../src/core/config.ts';
import type { GoalLimits } from '../../../src/core/contracts/goal.ts';
import { embeddedQueues } from '../../../src/core/contracts/ids.ts';
import { createClaude } from '../../../src/integrations/claude/client.ts';
import { type Brain, startSimulator } from '../../../src/simulator/index.ts';
import type { Store } from '../../../src/store/store.ts';
import { builtInCatalog, pinTools } from '../../../src/tools/catalog.ts';

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
}) {
  const { store } = setup;
  const simulator = await startSimulator({ brain: setup.brain });
  const catalog = builtInCatalog();
  const claude = createClaude({ apiKey: 'k', baseUrl: simulator.url, idleTimeoutMs: 5_000, callTimeoutMs: 20_000 });
  const pinned = createPinned(store);
  const { claude: settings, goals } = configSchema.parse({});
  const { maxTasks, budgetUsd: _none, ...limits } = goals;
  const base = {
    promptVersion: 1,
    agents: BUILT_IN_AGENTS,
    tiers: settings.tiers,
    tools: pinTools(catalog),
    maxTasks,
    limits: { ...limits, ...setup.limits },
  };
  const activities = {
    ...createGoalActivities({ store, pinned, base, queues: embeddedQueues(setup.taskQueue) }),
    ...createModelActivities({ store, pinned, catalog, claude, maxFailures: 3, probeIntervalMs: 5_000 }),
    ...createToolActivities({ store, pinned, catalog, workspaces: join(setup.folder, 'workspaces') }),
    ...createEventActivities(store),
  };
  return { simulator, activities };
}
