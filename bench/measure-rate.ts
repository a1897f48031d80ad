/** Goals a minute without latency, and what a task costs in CPU time, memory and history. Benchmark only. */
import type { Child } from '../src/testing/child.ts';
import { type Engine, runAtOnce } from './engines.ts';
import type { BenchPlan } from './plan.ts';
import { cpuMs, memoryMb } from './process-use.ts';
import type { Stage } from './stage.ts';

/** All rounds that count together: CPU in ms a task; memory in MB and history per call at the end. */
export interface RateFigures {
  readonly engine: Engine['name'];
  readonly goals: number;
  readonly goalsPerMinute: number;
  readonly callsPerSecond: number;
  /** Calls a second of every round in order, those beforehand included. */
  readonly rounds: readonly number[];
  /** So many of these came beforehand. */
  readonly beforehand: number;
  readonly cpuMsPerTask: PerProcess;
  readonly memoryMb: PerProcess;
  readonly historyEventsPerCall: number;
  readonly historyBytesPerCall: number;
}

interface PerProcess {
  readonly worker: number;
  readonly temporal: number;
  readonly postgres: number;
}

/** One round: CPU in ms. */
interface Round {
  readonly seconds: number;
  readonly cpuMs: PerProcess;
  readonly memoryMb: PerProcess;
  readonly workflowId: string | undefined;
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

/**
 * Runs `goals` goals of `plan` side by side, round by round, engine by engine in turn and in changing order. A machine whose speed
 * changes by a third within minutes does so to both: what counts is the time of all rounds together.
 */
export async function measureRates(stage: Stage, engines: readonly Running[], work: Work): Promise<RateFigures[]> {
  const rounds: Round[][] = engines.map(() => []);
  for (let round = 0; round < work.beforehand + work.times; round++) {
    const order = [...engines.entries()];
    if (round % 2 === 1) order.reverse();
    for (const [at, running] of order) rounds[at]?.push(await runRound(stage, running, work));
  }
  return Promise.all(engines.map(({ engine }, at) => sumUp(stage, engine, { work, rounds: rounds[at] ?? [] })));
}

async function sumUp(
  stage: Stage,
  engine: Engine,
  { work: { plan, goals, beforehand }, rounds }: { readonly work: Work; readonly rounds: readonly Round[] },
): Promise<RateFigures> {
  const counted = rounds.slice(beforehand);
  const sum = (read: (round: Round) => number) => counted.reduce((total, round) => total + read(round), 0);
  const tasksOfRound = goals * plan.tasks.length;
  const tasks = tasksOfRound * counted.length;
  const seconds = sum((round) => round.seconds);
  const last = counted.at(-1);
  if (!last) throw new Error('no round counts');
  const history = await historyOf(stage, last.workflowId);
  return {
    ...{ engine: engine.name, goals, beforehand },
    goalsPerMinute: ((goals * counted.length) / seconds) * 60,
    callsPerSecond: tasks / seconds,
    rounds: rounds.map((round) => tasksOfRound / round.seconds),
    cpuMsPerTask: perProcess((name) => sum(({ cpuMs }) => cpuMs[name]) / tasks),
    memoryMb: last.memoryMb,
    historyEventsPerCall: history.events / plan.tasks.length,
    historyBytesPerCall: history.bytes / plan.tasks.length,
  };
}

/** One goal beforehand warms everything up. */
async function runRound(
  stage: Stage,
  { engine, worker }: Running,
  { plan, goals }: Pick<Work, 'plan' | 'goals'>,
): Promise<Round> {
  await engine.run(plan);
  const pids = { worker: worker.pid, ...stage.pids };
  const before = perProcess((name) => cpuMs(pids[name]));
  const startedAt = performance.now();
  const [workflowId] = await runAtOnce(engine, plan, goals);
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    ...{ seconds, workflowId },
    cpuMs: perProcess((name) => cpuMs(pids[name]) - before[name]),
    memoryMb: perProcess((name) => memoryMb(pids[name])),
  };
}

function perProcess(read: (name: keyof PerProcess) => number): PerProcess {
  return { worker: read('worker'), temporal: read('temporal'), postgres: read('postgres') };
}

async function historyOf({ temporal }: Stage, workflowId = ''): Promise<{ events: number; bytes: number }> {
  const { historyLength, historySize } = await temporal.client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: historySize ?? 0 };
}
