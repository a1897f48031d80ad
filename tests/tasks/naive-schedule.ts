/** An independent model of the schedule: nothing kept but statuses, everything worked out anew each time. Test side only. */
import type { TaskSkeleton, TaskStatus } from '../../src/core/contracts/plan.ts';

const WEIGHTS = { S: 1, M: 2, L: 4 };
const ENDED = ['done', 'failed', 'skipped', 'cancelled'];

export class NaiveSchedule {
  readonly statuses = new Map<string, TaskStatus>();
  readonly #maxParallel: number;
  tasks: readonly TaskSkeleton[] = [];
  #paths: number[] = [];

  constructor(tasks: readonly TaskSkeleton[], maxParallel: number) {
    this.#maxParallel = maxParallel;
    this.take(tasks);
  }

  /** Takes a plan, keeping the statuses of known ids. Returns newly skipped ids. */
  take(tasks: readonly TaskSkeleton[]): string[] {
    const ids = new Set(tasks.map((task) => task.id));
    for (const id of [...this.statuses.keys()]) if (!ids.has(id)) this.statuses.delete(id);
    for (const { id } of tasks) if (!this.statuses.has(id)) this.statuses.set(id, 'waiting');
    this.tasks = tasks;
    this.#paths = tasks.map(() => -1);
    return this.#spread();
  }

  /** What the schedule should start now, marked as running. */
  next(): string[] {
    const free = this.#maxParallel - this.active().length;
    const positions = [...this.tasks.keys()].filter((at) => this.statuses.get(this.tasks[at]?.id ?? '') === 'ready');
    positions.sort((a, b) => this.#path(b) - this.#path(a) || this.#at(b).priority - this.#at(a).priority || a - b);
    const taken = positions.slice(0, Math.max(0, free)).map((at) => this.#at(at).id);
    for (const id of taken) this.statuses.set(id, 'running');
    return taken;
  }

  /** Sets a status and what follows from it. Returns newly skipped ids. */
  set(id: string, status: TaskStatus): string[] {
    this.statuses.set(id, status);
    return this.#spread();
  }

  active(): string[] {
    return [...this.statuses].filter(([, status]) => status === 'running' || status === 'checking').map(([id]) => id);
  }

  /** Every dependency of the task is done, or is optional and has ended. */
  maySatisfy(id: string): boolean {
    const task = this.tasks.find((one) => one.id === id);
    return task !== undefined && this.#dependencies(task).every((dependency) => this.#satisfied(dependency));
  }

  #satisfied(task: TaskSkeleton): boolean {
    const status = this.statuses.get(task.id) ?? 'waiting';
    return status === 'done' || (task.optional && ENDED.includes(status));
  }

  #broken(task: TaskSkeleton): boolean {
    return ENDED.includes(this.statuses.get(task.id) ?? 'waiting') && !this.#satisfied(task);
  }

  /** Applies the two rules until nothing changes: skip without a needed dependency, else ready or waiting. */
  #spread(): string[] {
    const skipped: string[] = [];
    for (let changed = true; changed; ) {
      changed = false;
      for (const task of this.tasks) {
        const status = this.statuses.get(task.id);
        if (status !== 'waiting' && status !== 'ready') continue;
        const dependencies = this.#dependencies(task);
        const wanted = dependencies.some((one) => this.#broken(one))
          ? 'skipped'
          : dependencies.every((one) => this.#satisfied(one))
            ? 'ready'
            : 'waiting';
        if (wanted === status) continue;
        this.statuses.set(task.id, wanted);
        changed = true;
        if (wanted === 'skipped') skipped.push(task.id);
      }
    }
    return skipped;
  }

  #dependencies(task: TaskSkeleton): TaskSkeleton[] {
    return task.dependsOn.map((at) => this.#at(at));
  }

  #at(position: number): TaskSkeleton {
    const task = this.tasks[position];
    if (!task) throw new Error(`no task at ${position}`);
    return task;
  }

  /** Heaviest chain from here, by plain recursion with a memory. */
  #path(position: number): number {
    const known = this.#paths[position] ?? -1;
    if (known >= 0) return known;
    let after = 0;
    for (const [at, task] of this.tasks.entries()) {
      if (task.dependsOn.includes(position)) after = Math.max(after, this.#path(at));
    }
    const path = WEIGHTS[this.#at(position).effort] + after;
    this.#paths[position] = path;
    return path;
  }
}
