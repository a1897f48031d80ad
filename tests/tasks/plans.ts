/** Plans for the tests of this room: a valid one and parts to break it with. Test side only. */
import type { PlanInput } from '../../src/core/plan.ts';

export const RULES = { agents: ['researcher', 'writer'], maxTasks: 200 };

type TaskInput = PlanInput['tasks'][number];

/** A valid task, with fields of choice. */
export function task(id: string, more: Partial<TaskInput> = {}): TaskInput {
  return { id, title: `Title of ${id}`, instructions: `Do ${id}.`, agent: 'writer', tier: 'fast', ...more };
}

/** A plan of these tasks. */
export function plan(...tasks: readonly unknown[]): { title: string; tasks: unknown[] } {
  return { title: 'A plan', tasks: [...tasks] };
}

/** `count` valid tasks, each depending on what `dependsOn` says of its position. */
export function manyTasks(count: number, dependsOn: (i: number) => string[] = () => []): TaskInput[] {
  return Array.from({ length: count }, (_, i) => task(`t${i}`, { dependsOn: dependsOn(i) }));
}
