/** The whole product on real parts: test Temporal, test PostgreSQL, real worker, simulator over HTTP. Integration tests only. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import pg from 'pg';
import { resolveAgents } from '../../../src/agents/resolve-agents.ts';
import { connectTo } from '../../../src/client/connect.ts';
import type { OrchestratorClient } from '../../../src/client/orchestrator-client.ts';
import { type Config, configSchema } from '../../../src/core/config.ts';
import type { GoalRequestInput, GoalResult } from '../../../src/core/goal.ts';
import { connectTemporalNative } from '../../../src/integrations/temporal/connect-temporal-native.ts';
import { type Brain, type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/index.ts';
import { clientConfig, type StoreConnection } from '../../../src/store/connection.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RunningWorker, startWorker } from '../../../src/workers/start-worker.ts';
import { createTestDatabase, type TestTemporal, testTemporal, workflowBundlePath } from '../../support/test-servers.ts';
import { PATIENCE_MS } from '../../support/until.ts';

/** Everything of one test file. Goals are answered each by the brain they were started with. */
export interface System {
  readonly config: Config;
  readonly address: string;
  readonly namespace: string;
  readonly database: StoreConnection;
  /** Folder of the workspaces. */
  readonly dataDir: string;
  readonly store: Store;
  readonly client: OrchestratorClient;
  readonly simulator: Simulator;
  readonly temporal: Client;
  /** `by`: another tenant's client. */
  start(brain: Brain, request?: Partial<GoalRequestInput>, by?: OrchestratorClient): Promise<string>;
  run(brain: Brain, request?: Partial<GoalRequestInput>): Promise<GoalResult>;
  /** The request of goals that the brain answers, for those who start them later. */
  script(brain: Brain, request?: Partial<GoalRequestInput>): GoalRequestInput;
  result(goalId: string): Promise<GoalResult>;
  rows<Row>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** What differs from file to file. Section by section over the defaults; `worker: false` starts none. */
export interface SystemOptions {
  readonly claude?: Partial<Config['claude']>;
  readonly goals?: Partial<Config['goals']>;
  readonly budgets?: Partial<Config['budgets']>;
  readonly schedules?: Partial<Config['schedules']>;
  /** Another server than that of the run. */
  readonly temporal?: Pick<TestTemporal, 'address' | 'namespace'>;
  readonly simulator?: Omit<SimulatorOptions, 'brain'>;
  readonly worker?: boolean;
  /** Answers what belongs to no goal that was started with a brain of its own. */
  readonly brain?: Brain;
}

/** Starts all parts. Goals default to no verification and no synthesis. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { address, namespace, taskQueue } = { ...testTemporal(), ...options.temporal };
  const config = configOf(taskQueue, options);
  const [database, dataDir, script] = [
    await createTestDatabase(),
    await mkdtemp(join(tmpdir(), 'e2e-')),
    scriptedGoals(options.brain),
  ];
  const simulator = await startSimulator({ logCapacity: 20_000, ...options.simulator, brain: script.brain });
  const store = await openStore({ connection: database.connection, poolSize: 20 });
  await store.migrate();
  const target = { temporal: { address, namespace }, store: database.connection, simulated: true };
  const client = await connectTo(target, config);
  const connection = await Connection.connect({ address });
  const sql = new pg.Pool({ ...clientConfig(database.connection, 'e2e'), max: 2 });
  // A connection that is still saying goodbye when its database is dropped must not fail a test.
  sql.on('error', () => undefined);
  const parts = { config, address, namespace, database: database.connection, dataDir, store, client, simulator };
  const stopWorker = options.worker === false ? undefined : await runWorker(parts);
  const start = async (brain: Brain, request: Partial<GoalRequestInput> = {}, by: OrchestratorClient = client) =>
    (await by.start(script.register(brain, request))).goalId;
  const result = (goalId: string) => client.result(goalId, { signal: AbortSignal.timeout(PATIENCE_MS) });
  return {
    ...parts,
    temporal: new Client({ connection, namespace }),
    start,
    result,
    script: (brain, request = {}) => script.register(brain, request),
    run: async (brain, request) => result(await start(brain, request)),
    rows: async <Row>(statement: string, values: readonly unknown[] = []) =>
      (await sql.query(statement, [...values])).rows as Row[],
    async close() {
      await stopWorker?.();
      await Promise.all([client.close(), connection.close(), simulator.close(), store.close(), sql.end()]);
      await Promise.all([database.drop(), rm(dataDir, { recursive: true, force: true })]);
    },
  };
}

function configOf(taskQueue: string, options: SystemOptions): Config {
  return configSchema.parse({
    temporal: { taskQueue },
    claude: { idleTimeoutMs: 5_000, ...options.claude },
    goals: { verify: 'off', synthesis: false, ...options.goals },
    budgets: options.budgets ?? {},
    schedules: options.schedules ?? {},
    worker: { shutdownGraceMs: 500 },
  });
}

type WorkerParts = Pick<System, 'config' | 'address' | 'namespace' | 'store' | 'simulator' | 'dataDir'>;

let quiet = false;

/** Temporal's runtime exists once in a process. */
function quieten(): void {
  if (quiet) return;
  quiet = true;
  const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
}

/** A worker in this process, on its own connection; gives what stops it. `bundle`: other workflows than today's. */
export async function runWorker(parts: WorkerParts, bundle = workflowBundlePath()): Promise<() => Promise<void>> {
  const { config, address, namespace, store, simulator, dataDir } = parts;
  quieten();
  const connection = await connectTemporalNative({ address, namespace });
  const worker: RunningWorker = await startWorker({
    ...{ config, store, connection, namespace, dataDir },
    claude: { apiKey: 'test-key', baseUrl: simulator.url },
    agents: resolveAgents(config.agents.own),
    workflowBundlePath: bundle,
  });
  return async () => {
    await worker.shutdown();
    await connection.close();
  };
}

/** One brain for the simulator that hands each request to the brain of its goal, known by the goal's first line. */
function scriptedGoals(others?: Brain): {
  brain: Brain;
  register(brain: Brain, request: Partial<GoalRequestInput>): GoalRequestInput;
} {
  const brains = new Map<string, Brain>();
  const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
  return {
    brain(request) {
      const brain = brains.get(firstLine(request.prompt.goal)) ?? others;
      if (!brain) throw new Error(`no brain for the goal ${JSON.stringify(firstLine(request.prompt.goal))}`);
      return brain(request);
    },
    register(brain, request) {
      const line = `Goal ${brains.size + 1}`;
      brains.set(line, brain);
      return { ...request, text: request.text === undefined ? line : `${line}\n${request.text}` };
    },
  };
}
