/** Three ways to run the same graph of calls: ours, bare Temporal, plain promises. Benchmark only. */
import { createBareCall } from './bare-call.ts';
import { type BenchPlan, goalRequest } from './plan.ts';
import { BARE_QUEUE, type Stage } from './stage.ts';

/** Runs plans; keys of its calls are `<run>/<task>…`. Gives the id of the Temporal workflow when there is one. */
export interface Engine {
  readonly name: 'ours' | 'bare' | 'floor';
  run(plan: BenchPlan): Promise<string | undefined>;
}

/** Runs `plan` so many times side by side; what each gave. */
export function runAtOnce(engine: Engine, plan: BenchPlan, goals: number): Promise<(string | undefined)[]> {
  return Promise.all(Array.from({ length: goals }, () => engine.run(plan)));
}

/** The product, from `start` to its result. */
export function ours({ client }: Stage): Engine {
  return {
    name: 'ours',
    async run(plan) {
      const { goalId } = await client.start(goalRequest(plan));
      const { status, reason } = await client.result(goalId);
      if (status !== 'completed') throw new Error(`goal ${goalId} ended as ${status}: ${reason}`);
      return `goal-${goalId}`;
    },
  };
}

/** A workflow that only makes the calls. */
export function bare({ temporal }: Stage): Engine {
  let count = 0;
  return {
    name: 'bare',
    async run({ tasks, atOnce = 500 }) {
      const workflowId = `bare-${count++}`;
      const options = { workflowId, taskQueue: BARE_QUEUE, args: [workflowId, tasks, atOnce] };
      await temporal.client.workflow.execute('bareWorkflow', options);
      return workflowId;
    },
  };
}

/** Promises in this process: no durability at all. */
export function floor({ simulatorUrl }: Stage): Engine {
  const { callSimulator } = createBareCall(simulatorUrl);
  let count = 0;
  return {
    name: 'floor',
    async run({ tasks }) {
      const run = `floor-${count++}`;
      const done = new Map<string, Promise<void>>();
      for (const { id, latencyMs, dependsOn } of tasks) {
        const before = Promise.all(dependsOn.map((other) => done.get(other)));
        done.set(
          id,
          before.then(() => callSimulator({ key: `${run}/${id}`, latencyMs })),
        );
      }
      await Promise.all(done.values());
      return undefined;
    },
  };
}
