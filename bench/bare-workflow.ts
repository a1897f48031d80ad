/** The least a workflow can do with the same graphs: the reference for what Temporal itself costs. Workflow side, benchmark only. */
import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bare-call.ts';
import type { BenchTask } from './plan.ts';

const { callSimulator } = proxyActivities<BareActivities>({ startToCloseTimeout: '10 minutes' });

/** Runs every task when its last dependency is done, at most `atOnce` at once. `prefix` begins the keys of its calls. */
export async function bareWorkflow(prefix: string, tasks: readonly BenchTask[], atOnce: number): Promise<void> {
  const done = new Map<string, Promise<void>>();
  const queue: (() => void)[] = [];
  let free = atOnce;
  const call = async ({ id, latencyMs }: BenchTask) => {
    if (free === 0) await new Promise<void>((resolve) => queue.push(resolve));
    else free -= 1;
    await callSimulator({ key: `${prefix}/${id}`, latencyMs });
    const next = queue.shift();
    if (next) next();
    else free += 1;
  };
  for (const task of tasks) {
    const before = Promise.all(task.dependsOn.map((other) => done.get(other)));
    done.set(
      task.id,
      before.then(() => call(task)),
    );
  }
  await Promise.all(done.values());
}
