/** Plans whose results can be computed beforehand, and the brain that computes them from what it is handed. Test kit, pure. */
import { createHash } from 'node:crypto';
import type { PlanInput } from '../core/plan.ts';
import { type Brain, isTaskCall, type Rule, rules, type SimulatedRequest, submit } from '../simulator/index.ts';
import { pick, random } from './random.ts';

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

const AGENTS = ['researcher', 'analyst', 'writer', 'engineer', 'critic', 'generalist'];
const TIERS = ['fast', 'balanced', 'deep'] as const;

/** `count` tasks, each on up to three earlier ones, agents and tiers mixed. */
export function randomPlan(seed: number, count: number): PlanInput {
  const next = random(seed);
  const tasks = Array.from({ length: count }, (_, at) => {
    const earlier = Array.from({ length: at }, (_unused, index) => `t${index}`);
    const dependsOn = new Set(
      earlier.length === 0 ? [] : [1, 2, 3].slice(0, Math.floor(next() * 4)).map(() => pick(next, earlier)),
    );
    return task(`t${at}`, [...dependsOn], {
      agent: pick(next, AGENTS),
      tier: pick(next, TIERS),
      priority: 1 + Math.floor(next() * 5),
    });
  });
  return planOf(tasks);
}

/** The output of a task: a digest of its id and the outputs it was handed, in the order of its dependencies. */
export function outputOf(id: string, inputs: readonly string[]): string {
  const digest = createHash('sha256')
    .update([id, ...inputs].join('|'))
    .digest('hex');
  return `${id} is ${digest.slice(0, 24)}`;
}

/** The output of every task of a plan. */
export function expectedOutputs({ tasks }: PlanInput): Map<string, string> {
  const outputs = new Map<string, string>();
  for (const { id, dependsOn = [] } of tasks) {
    const inputs = dependsOn.map((dependency) => outputs.get(dependency) ?? 'missing');
    outputs.set(id, outputOf(id, inputs));
  }
  return outputs;
}

/** What the request's hand-over leads to. */
export function computedOutput({ prompt }: SimulatedRequest): string {
  const inputs = prompt.handover.map(({ output }) => output);
  return outputOf(prompt.taskId ?? '', inputs);
}

/** Its submission. */
export function computed(request: SimulatedRequest) {
  return submit({ output: computedOutput(request) });
}

/** Computes every task; rules given here go first. */
export function computing(...first: readonly Rule[]): Brain {
  return rules([...first, { when: isTaskCall(), reply: computed }]);
}
