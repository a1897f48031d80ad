/** Runs goalWorkflow on the test server with given activities, and keeps its histories when asked to. Tests only. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { GoalWorkflowInput } from '../../../src/core/contracts/goal-input.ts';
import type { goalWorkflow } from '../../../src/workflows/index.ts';
import { testTemporal, workflowBundlePath } from '../../support/test-servers.ts';

const run = promisify(execFile);

/** In the long form nothing is kept in memory: every workflow task replays its history from the start (G16). */
const COLD = process.env.LONG ? 0 : undefined;

type GoalHandle = WorkflowHandleWithFirstExecutionRunId<typeof goalWorkflow>;

/** Which worker: its queue, and how many workflows it keeps in memory. */
export interface WorkerChoice {
  readonly taskQueue?: string;
  readonly workflows?: number;
}

/** A worker and a client on a queue of their own. */
export interface GoalBench {
  readonly taskQueue: string;
  readonly client: Client;
  /** Runs `work` while a worker with these activities polls; by default on the bench's queue. */
  withWorker<T>(activities: object, work: () => Promise<T>, options?: WorkerChoice): Promise<T>;
  start(goalId: string, input?: Partial<GoalWorkflowInput>): Promise<GoalHandle>;
  close(): Promise<void>;
}

/** Connects to the test server. */
export async function openBench(): Promise<GoalBench> {
  Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} } });
  const { address, namespace, taskQueue } = testTemporal();
  const [native, connection] = await Promise.all([
    NativeConnection.connect({ address }),
    Connection.connect({ address }),
  ]);
  const client = new Client({ connection, namespace });
  return {
    taskQueue,
    client,
    async withWorker(activities, work, options = {}) {
      const workflows = options.workflows ?? COLD;
      const worker = await Worker.create({
        connection: native,
        namespace,
        taskQueue: options.taskQueue ?? taskQueue,
        workflowBundle: { codePath: workflowBundlePath() },
        activities,
        maxHeartbeatThrottleInterval: '500ms',
        ...(workflows === undefined ? {} : { maxCachedWorkflows: workflows }),
      });
      return worker.runUntil(work);
    },
    start: (goalId, input = {}) =>
      client.workflow.start<typeof goalWorkflow>('goalWorkflow', {
        taskQueue,
        workflowId: `${taskQueue}-${goalId}`,
        args: [{ goalId, tenant: 'default', ...input }],
      }),
    async close() {
      await connection.close();
      await native.close();
    },
  };
}

/** The history of a workflow's latest run; with RECORD_HISTORIES it is kept in that folder under `name`. */
export async function keepHistory(handle: GoalHandle, name: string) {
  await saveHistory({ workflowId: handle.workflowId, runId: (await handle.describe()).runId }, name);
  return handle.fetchHistory();
}

/** Keeps the history of one run under `name`, when histories are being recorded (`npm run histories`). */
export async function saveHistory(of: { workflowId: string; runId: string }, name: string): Promise<void> {
  const { RECORD_HISTORIES: folder } = process.env;
  if (!folder) return;
  const tests = join(import.meta.dirname, '..', '..');
  // What others still use, the value 1, means the archive itself.
  const file = join(folder === '1' ? join(tests, 'histories') : folder, `${name}.json.gz`);
  const { address, namespace } = testTemporal();
  const script = join(tests, 'replay', 'save-history.mjs');
  await run(process.execPath, [script, address, namespace, of.workflowId, of.runId, file]);
}

/** The largest payload of a history, in bytes. */
export function largestPayload(history: unknown): number {
  let largest = 0;
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    if (node instanceof Uint8Array) {
      largest = Math.max(largest, node.byteLength);
      return;
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(history);
  return largest;
}
