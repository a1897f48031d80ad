/** How much a worker takes on, from the machine's cores and memory unless the configuration says otherwise. Host side. */
import { availableParallelism, totalmem } from 'node:os';
import type { Config } from '../core/config.ts';

const MB = 1024 * 1024;

/** Cores and memory that this process may use; a container's limit goes before the machine's. */
export interface Machine {
  readonly cores: number;
  readonly memoryMb: number;
}

/** Slots by role, and the memory above which (at 90 %) no further activity is taken on. */
export interface Resources {
  readonly modelCalls: number;
  readonly toolCalls: number;
  /** Opening, closing, planning: short and rare. */
  readonly goalSteps: number;
  readonly workflowTasks: number;
  readonly cachedWorkflows: number;
  /** Activities at once: all roles together, as one worker serves them, or what is configured. */
  readonly activities: number;
  readonly memoryLimitMb: number;
}

/** The machine as this process sees it. */
export function thisMachine(): Machine {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return { cores: availableParallelism(), memoryMb: Math.floor(bytes / MB) };
}

/**
 * Model calls wait for the network, so memory bounds them (some MB each with transcript and answer); tools and workflow
 * tasks use cores. Half of the memory is the worker's, the rest is for the servers beside it.
 */
export function resourcesOf(worker: Config['worker'], { cores, memoryMb }: Machine = thisMachine()): Resources {
  const memoryLimitMb = worker.memoryLimitMb ?? Math.max(256, Math.floor(memoryMb / 2));
  const modelCalls = between(10, Math.floor(memoryLimitMb / 8), 500);
  const toolCalls = between(10, cores * 10, 200);
  const goalSteps = between(10, cores * 10, 100);
  return {
    ...{ modelCalls, toolCalls, goalSteps, memoryLimitMb },
    activities: worker.maxConcurrentActivities ?? modelCalls + toolCalls + goalSteps,
    workflowTasks: worker.maxConcurrentWorkflowTasks ?? between(4, cores * 20, 200),
    cachedWorkflows: worker.maxCachedWorkflows ?? between(20, Math.floor(memoryLimitMb / 10), 200),
  };
}

function between(least: number, wished: number, most: number): number {
  return Math.min(most, Math.max(least, wished));
}
