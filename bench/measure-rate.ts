/** Goals a minute without latency, and what a task costs in CPU time, memory and history. Benchmark only. */
import type { Child } from '../src/testing/child.ts';
import { type Engine, runAtOnce } from './engines.ts';
import type { BenchPlan } from './plan.ts';
import { cpuMs, memoryMb } from './process-use.ts';
import type { Stage } from './stage.ts';

/** CPU in ms a task, memory in MB; history per call. */
export interface RateFigures extends RoundFigures {
  /** Calls a second of every round in order, those beforehand included. */
  readonly rounds: readonly number[];
}

/** One round. */
interface RoundFigures {
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

/** What is measured: `times` rounds, after so many that do not count, as V8 compiles meanwhile. */
interface Work {
  readonly plan: BenchPlan;
  readonly goals: number;
  readonly times: number;
  readonly beforehand: number;
}

/** Runs `goals` goals of `plan` side by side, round by round, engine by engine in turn: of each the round in the middle by speed. */
export async function measureRates(stage: Stage, engines: readonly Running[], work: Work): Promise<RateFigures[]> {
  const rounds: RoundFigures[][] = engines.map(() => []);
  for (let round = 0; round < work.beforehand + work.times; round++) {
    for (const [at, running] of engines.entries()) rounds[at]?.push(await measureRate(stage, running, work));
  }
  return rounds.flatMap((all) => {
    const bySpeed = all.slice(work.beforehand).sort((a, b) => a.callsPerSecond - b.callsPerSecond);
    const middle = bySpeed[Math.floor(work.times / 2)];
    return middle ? { ...middle, rounds: all.map(({ callsPerSecond }) => callsPerSecond) } : [];
  });
}

/** One goal beforehand warms everything up. */
async function measureRate(
  stage: Stage,
  { engine, worker }: Running,
  { plan, goals }: Pick<Work, 'plan' | 'goals'>,
): Promise<RoundFigures> {
  await engine.run(plan);
  const pids = { worker: worker.pid, ...stage.pids };
  const before = each(pids, cpuMs);
  const startedAt = performance.now();
  const ids = await runAtOnce(engine, plan, goals);
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
