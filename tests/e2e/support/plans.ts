/** Plans whose results can be computed beforehand, and the brain that computes them from what it is handed. Tests only. */
import { createHash } from 'node:crypto';
import type { PlanInput } from '../../../src/core/plan.ts';
import {
  type Brain,
  isTaskCall,
  type Rule,
  rules,
  type SimulatedRequest,
  submit,
} from '../../../src/simulator/index.ts';

export type TaskInput = PlanInput['tasks'][number];

/** A task with fields of choice. */
export function task(id: string, dependsOn: readonly string[] = [], more: Partial<TaskInput> = {}): TaskInput {
  const texts = { title: `Title of ${id}`, instructions: `Do ${id}.` };
  return { id, ...texts, agent: 'writer', tier: 'fast', dependsOn: [...dependsOn], ...more };
}

/** A plan of these tasks. */
export function planOf(tasks: readonly TaskInput[], more: Partial<PlanInput> = {}): PlanInput {
  return { title: 'A plan', ...more, tasks: [...tasks] };
}

/** Numbers in [0, 1) that a seed determines (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const AGENTS = ['researcher', 'analyst', 'writer', 'engineer', 'critic', 'generalist'];
const TIERS = ['fast', 'balanced', 'deep'] as const;

/** `count` tasks, each on up to three earlier ones, agents and tiers mixed. */
export function randomPlan(seed: number, count: number): PlanInput {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const tasks = Array.from({ length: count }, (_, at) => {
    const earlier = Array.from({ length: at }, (_unused, index) => `t${index}`);
    const dependsOn = new Set(
      earlier.length === 0 ? [] : [1, 2, 3].slice(0, Math.floor(next() * 4)).map(() => pick(earlier)),
    );
    return task(`t${at}`, [...dependsOn], {
      agent: pick(AGENTS),
      tier: pick(TIERS),
      priority: 1 + Math.floor(next() * 5),
    });
  });
  return planOf(tasks);
}

/** The output of a task: a digest of its id and the outputs it was handed, in the order of its dependencies. */
export function outputOf(id: string, inputs: readonly string[]): string {
  return `${id} is ${createHash('sha256')
    .update([id, ...inputs].join('|'))
    .digest('hex')
    .slice(0, 24)}`;
}

/** The output of every task of a plan. */
export function expectedOutputs(plan: PlanInput): Map<string, string> {
  const outputs = new Map<string, string>();
  for (const { id, dependsOn = [] } of plan.tasks) {
    outputs.set(
      id,
      outputOf(
        id,
        dependsOn.map((dependency) => outputs.get(dependency) ?? 'missing'),
      ),
    );
  }
  return outputs;
}

/** The submission that the request's hand-over leads to. */
export function computed({ prompt }: SimulatedRequest) {
  return submit({
    output: outputOf(
      prompt.taskId ?? '',
      prompt.handover.map(({ output }) => output),
    ),
  });
}

/** Computes every task; rules given here go first. */
export function computing(...first: readonly Rule[]): Brain {
  return rules([...first, { when: isTaskCall(), reply: computed }]);
}
