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

type GoalHandle = WorkflowHandleWithFirstExecutionRunId<typeof goalWorkflow>;

/** A worker and a client on a queue of their own. */
export interface GoalBench {
  readonly taskQueue: string;
  readonly client: Client;
  /** Runs `work` while a worker with these activities polls. */
  withWorker<T>(activities: object, work: () => Promise<T>): Promise<T>;
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
    async withWorker(activities, work) {
      const worker = await Worker.create({
        connection: native,
        namespace,
        taskQueue,
        workflowBundle: { codePath: workflowBundlePath() },
        activities,
        maxHeartbeatThrottleInterval: '500ms',
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

/** The history of a workflow's latest run. With RECORD_HISTORIES=1 it joins the replay archive under `name`. */
export async function keepHistory(handle: GoalHandle, name: string) {
  if (process.env.RECORD_HISTORIES === '1') {
    const tests = join(import.meta.dirname, '..', '..');
    const { address, namespace } = testTemporal();
    const { runId } = await handle.describe();
    const file = join(tests, 'histories', `${name}.json.gz`);
    await run(process.execPath, [
      join(tests, 'replay', 'save-history.mjs'),
      address,
      namespace,
      handle.workflowId,
      runId,
      file,
    ]);
  }
  return handle.fetchHistory();
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
