/** The least a workflow can do with the same graphs: the reference for what Temporal itself costs. Workflow side, benchmark only. */
import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bare-call.ts';
import type { BenchTask } from './plan.ts';

const { callSimulator } = proxyActivities<BareActivities>({ startToCloseTimeout: '10 minutes' });

/** Runs every task when its last dependency is done. `prefix` begins the keys of its calls. */
export async function bareWorkflow(prefix: string, tasks: readonly BenchTask[]): Promise<void> {
  const done = new Map<string, Promise<void>>();
  for (const { id, latencyMs, dependsOn } of tasks) {
    const before = Promise.all(dependsOn.map((other) => done.get(other)));
    done.set(
      id,
      before.then(() => callSimulator({ key: `${prefix}/${id}`, latencyMs })),
    );
  }
  await Promise.all(done.values());
}
