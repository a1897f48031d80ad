/** Time from kill -9 of the worker to the next call by its successor. Benchmark only. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../src/testing/child.ts';
import { median, type SeenRequest } from './delays.ts';
import type { Engine } from './engines.ts';
import type { BenchPlan } from './plan.ts';
import type { Stage } from './stage.ts';

const POLL_MS = 20;

/** Times in ms. `startMs`: from starting a worker's process to its polling. */
export interface KillFigures {
  readonly nextCallMs: number;
  readonly startMs: number;
  readonly runs: readonly number[];
}

/** Kills the worker in the middle of `plan`, starts another at once, so many times. Gives the last worker too. */
export async function measureKill(
  stage: Stage,
  { engine, worker }: { engine: Engine; worker: Child },
  { plan, times }: { plan: BenchPlan; times: number },
): Promise<{ figures: KillFigures; worker: Child }> {
  let current = worker;
  const runs: number[] = [];
  const starts: number[] = [];
  for (let time = 0; time < times; time++) {
    await stage.simulator.ask('requests');
    const running = engine.run(plan);
    await reached(stage, 3);
    const killedAt = Date.now();
    await current.end('SIGKILL');
    const successor = stage.startWorker();
    current = await successor;
    starts.push(current.startMs);
    await running;
    const seen = await stage.simulator.ask<SeenRequest[]>('requests');
    const next = seen.map(({ at }) => at).filter((at) => at > killedAt);
    runs.push(Math.min(...next) - killedAt);
  }
  return { figures: { nextCallMs: median(runs), startMs: median(starts), runs }, worker: current };
}

async function reached({ simulator }: Stage, count: number): Promise<void> {
  while ((await simulator.ask<number>('count')) < count) await sleep(POLL_MS);
}
