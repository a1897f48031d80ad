/** Connects to a running orchestrator. Host side. */
import { resolveAgents } from '../agents/resolve-agents.ts';
import type { Config } from '../core/config.ts';
import { embeddedQueues } from '../core/contracts/ids.ts';
import { tenantBudgetOf } from '../core/tenant-budget.ts';
import { tenantWeights } from '../core/tenant-weight.ts';
import { type LoadedConfig, loadConfig } from '../integrations/config/load-config.ts';
import { connectTemporal } from '../integrations/temporal/connect-temporal.ts';
import { openStore } from '../store/open-store.ts';
import { effectiveConfig } from './effective-config.ts';
import { temporalSurvey } from './examine/workflow-survey.ts';
import { findTarget, type Target } from './find-target.ts';
import { temporalGoalWorkflows } from './goal-workflows.ts';
import { createClient, type OrchestratorClient } from './orchestrator-client.ts';
import { pinsOf } from './pins.ts';
import { temporalSchedules } from './schedules/temporal-schedules.ts';

/** Connections a client keeps to the database. */
const POOL_SIZE = 4;

/** Which orchestrator to connect to. Without options: that of the configuration found here. */
export interface ConnectOptions {
  /** Folder of the instance, in place of the configured one. */
  readonly dataDir?: string;
  /** Default: config.yaml and the environment, read as the CLI does. */
  readonly config?: LoadedConfig | Config;
  /** Use the simulated instance, which has a folder of its own. Default false. */
  readonly simulate?: boolean;
}

/**
 * Connects to the running instance of the data folder, or to the servers that the configuration names. `close()` it.
 * Errors: `instance.not-running`, `instance.starting`, `config.invalid`, `temporal.…`, `store.…`.
 */
export async function connectOrchestrator(options: ConnectOptions = {}): Promise<OrchestratorClient> {
  const config = configOf(options);
  return connectTo(await findTarget(config, { simulate: options.simulate ?? false }), config);
}

/** Connects to servers whose addresses are known. */
export async function connectTo(target: Target, config: Config): Promise<OrchestratorClient> {
  const [temporal, store] = await Promise.allSettled([
    connectTemporal(target.temporal),
    openStore({ connection: target.store, poolSize: POOL_SIZE, applicationName: 'orchestrator-client' }),
  ]);
  if (temporal.status === 'rejected' || store.status === 'rejected') {
    if (temporal.status === 'fulfilled') await temporal.value.close();
    if (store.status === 'fulfilled') await store.value.close();
    throw temporal.status === 'rejected' ? temporal.reason : (store as PromiseRejectedResult).reason;
  }
  const { client, close } = temporal.value;
  const tenantBudget = tenantBudgetOf(config);
  const agents = resolveAgents(config.agents.own);
  const taskQueue = embeddedQueues(config.temporal.taskQueue).workflow;
  return createClient({
    store: store.value,
    workflows: temporalGoalWorkflows({ client, taskQueue, weightOf: tenantWeights(config), close }),
    survey: temporalSurvey(client, taskQueue),
    schedules: temporalSchedules(client, taskQueue),
    minIntervalMs: config.schedules.minIntervalMs,
    tenant: config.tenant,
    rules: { agents: agents.map(({ name }) => name), maxTasks: config.goals.maxTasks },
    pins: pinsOf(config, agents),
    simulated: target.simulated,
    ...(tenantBudget ? { tenantBudget } : {}),
  });
}

function configOf({ config, dataDir }: ConnectOptions): Config {
  const given = config && !('sources' in config) ? config : effectiveConfig(config ?? loadConfig());
  return dataDir === undefined ? given : { ...given, dataDir };
}
