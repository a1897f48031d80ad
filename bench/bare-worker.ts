/** The worker of the bare reference as a process of its own, set up like ours. Benchmark only; started with IPC. */
import { Worker } from '@temporalio/worker';
import type { Config } from '../src/core/config.ts';
import { connectTemporalNative } from '../src/integrations/temporal/connect-temporal-native.ts';
import { answer } from '../src/testing/answer.ts';
import { quietRuntime } from '../src/testing/quiet-runtime.ts';
import { resourcesOf } from '../src/workers/resources.ts';
import { createBareCall } from './bare-call.ts';

/** Its argument. */
interface BareWorkerInput {
  readonly config: Config;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly simulatorUrl: string;
  readonly bundlePath: string;
  readonly taskQueue: string;
}

const input = JSON.parse(process.argv[2] ?? '{}') as BareWorkerInput;
const { activities: slots, workflowTasks, cachedWorkflows } = resourcesOf(input.config.worker);
quietRuntime();
const worker = await Worker.create({
  connection: await connectTemporalNative(input.temporal),
  namespace: input.temporal.namespace,
  taskQueue: input.taskQueue,
  workflowBundle: { codePath: input.bundlePath },
  activities: createBareCall(input.simulatorUrl),
  maxConcurrentActivityTaskExecutions: slots,
  maxConcurrentWorkflowTaskExecutions: workflowTasks,
  maxCachedWorkflows: cachedWorkflows,
});
answer({ resources: () => process.memoryUsage() });
await worker.run();
