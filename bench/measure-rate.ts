/** Goals a minute without latency, and what a task costs in CPU time, memory and history. Benchmark only. */
import type { Child } from '../src/testing/child.ts';
import type { Engine } from './engines.ts';
import type { BenchPlan } from './plan.ts';
import { cpuMs, memoryMb } from './process-use.ts';
import type { Stage } from './stage.ts';

/** CPU in ms a task, memory in MB; history per call. */
export interface RateFigures {
  readonly engine: Engine['name'];
  readonly goals: number;
  readonly tasks: number;
  readonly goalsPerMinute: number;
  readonly callsPerSecond: number;
  readonly cpuMsPerTask: { readonly worker: number; readonly temporal: number; readonly postgres: number };
  readonly memoryMb: { readonly worker: number; readonly temporal: number; readonly postgres: number };
  readonly historyEventsPerCall: number;
  readonly historyBytesPerCall: number;
}

/** An engine and the process that works for it. */
interface Running {
  readonly engine: Engine;
  readonly worker: Child;
}

/** Runs `goals` goals of `plan` side by side, so many times, engine by engine in turn: of each the round in the middle by speed. */
export async function measureRates(
  stage: Stage,
  engines: readonly Running[],
  { times, ...work }: { plan: BenchPlan; goals: number; times: number },
): Promise<RateFigures[]> {
  const rounds: RateFigures[][] = engines.map(() => []);
  for (let time = 0; time < times; time++) {
    for (const [at, running] of engines.entries()) rounds[at]?.push(await measureRate(stage, running, work));
  }
  return rounds.flatMap((all) => all.sort((a, b) => a.callsPerSecond - b.callsPerSecond)[Math.floor(times / 2)] ?? []);
}

/** One goal beforehand warms everything up. */
async function measureRate(
  stage: Stage,
  { engine, worker }: Running,
  { plan, goals }: { plan: BenchPlan; goals: number },
): Promise<RateFigures> {
  await engine.run(plan);
  const pids = { worker: worker.pid, ...stage.pids };
  const before = each(pids, cpuMs);
  const startedAt = performance.now();
  const ids = await Promise.all(Array.from({ length: goals }, () => engine.run(plan)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = each(pids, cpuMs);
  const tasks = goals * plan.tasks.length;
  const history = await historyOf(stage, ids[0]);
  return {
    ...{ engine: engine.name, goals, tasks },
    goalsPerMinute: (goals / seconds) * 60,
    callsPerSecond: tasks / seconds,
    cpuMsPerTask: {
      worker: (after.worker - before.worker) / tasks,
      temporal: (after.temporal - before.temporal) / tasks,
      postgres: (after.postgres - before.postgres) / tasks,
    },
    memoryMb: each(pids, memoryMb),
    historyEventsPerCall: history.events / plan.tasks.length,
    historyBytesPerCall: history.bytes / plan.tasks.length,
  };
}

function each(pids: Stage['pids'] & { worker: number }, read: (pid: number) => number) {
  return { worker: read(pids.worker), temporal: read(pids.temporal), postgres: read(pids.postgres) };
}

async function historyOf({ temporal }: Stage, workflowId = ''): Promise<{ events: number; bytes: number }> {
  const { historyLength, historySize } = await temporal.client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: historySize ?? 0 };
}
