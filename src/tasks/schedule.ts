/** Decides which task runs when: incremental, O(edges) over a whole goal, deterministic. Sandbox-safe (guarantee G22). */
import type { Effort, TaskSkeleton, TaskStatus } from '../core/contracts/plan.ts';
import { failure } from '../core/failures.ts';
import { remainingPaths, topologicalOrder } from './graph.ts';
import { createHeap, type Heap } from './heap.ts';

/** A task's id and state, as continue-as-new carries it. */
export interface ScheduleEntry {
  readonly id: string;
  readonly status: TaskStatus;
  /** Skipped for want of what it depends on, not at anybody's word: waits again when that is retried. */
  readonly blocked?: boolean;
}

/**
 * The state of every task of a goal. A dependency is satisfied by `done`, and by any end of an `optional` task; any other
 * end of a dependency skips the task. Calls that a task's state does not allow throw `internal.bug`.
 */
export interface Schedule {
  /** Takes ready tasks up to the free slots and marks them running: longest remaining path, priority, plan order. */
  next(): readonly TaskSkeleton[];
  /** A running or checking task is done. */
  done(id: string): void;
  /** A live task has failed for good. Returns the tasks this skips, transitively. */
  fail(id: string): readonly string[];
  /** A live task is cancelled. Returns the tasks this skips, transitively. */
  cancel(id: string): readonly string[];
  /** A live task is given up. Returns the tasks this skips as well, transitively. */
  skip(id: string): readonly string[];
  /** Cancels all that wait or are ready, not what runs. Returns their ids. */
  cancelRest(): readonly string[];
  /** A running or checking task is to be tried again: back to ready, its slot is free. */
  requeue(id: string): void;
  /** running → checking; the task keeps its slot. */
  setChecking(id: string): void;
  /** checking → running, for another revision. */
  setRunning(id: string): void;
  /**
   * Takes over the tasks of a new plan. Known ids keep their state; what has not run and is gone disappears; what runs,
   * is done or failed must still be there. Returns the tasks skipped because they depend on one that did not succeed.
   * When a failed task is the reason, call this before `fail`, so that dependents which were rewired are not skipped.
   */
  replan(tasks: readonly TaskSkeleton[]): readonly string[];
  /**
   * Takes over the tasks of an edited plan as `replan` does, gives up those of `skip`, which must not have started, and
   * opens those of `retry` again, which must have failed or been skipped or cancelled, and with them what was skipped for
   * want of them. Returns which tasks this skips and which it opens again, those it was told included, in plan order.
   */
  edit(
    tasks: readonly TaskSkeleton[],
    told: { readonly retry: readonly string[]; readonly skip: readonly string[] },
  ): { readonly skipped: readonly string[]; readonly reopened: readonly string[] };
  /** Undefined for a task that the plan does not have, or no longer. */
  status(id: string): TaskStatus | undefined;
  counts(): Record<TaskStatus, number>;
  /** In plan order. */
  ids(status: TaskStatus): readonly string[];
  /** True when every task has ended. */
  readonly settled: boolean;
  /** For `restore`, in plan order. */
  entries(): readonly ScheduleEntry[];
  /**
   * Sets the states of an earlier run; what was running or checking there is ready again. Entries of tasks that a replan
   * removed are passed over.
   */
  restore(entries: readonly ScheduleEntry[]): void;
}

/** A schedule with all tasks waiting or ready. `maxParallel` ≥ 1. `internal.bug` on a cycle or a repeated id. */
export function createSchedule(tasks: readonly TaskSkeleton[], options: { readonly maxParallel: number }): Schedule {
  return new TaskSchedule(tasks, options.maxParallel);
}

/** Weight of a task in the longest remaining path. */
function effortWeight(task: { readonly effort: Effort }): number {
  return EFFORT_WEIGHTS[task.effort];
}

const EFFORT_WEIGHTS: Readonly<Record<Effort, number>> = { S: 1, M: 2, L: 4 };
const ENDED: ReadonlySet<TaskStatus> = new Set(['done', 'failed', 'skipped', 'cancelled']);
/** States of tasks that a model has worked on. */
const RAN: ReadonlySet<TaskStatus> = new Set(['running', 'checking', 'done', 'failed']);
const STARTED: readonly TaskStatus[] = ['running', 'checking'];
const LIVE: readonly TaskStatus[] = ['waiting', 'ready', 'running', 'checking'];

interface Node {
  readonly task: TaskSkeleton;
  readonly position: number;
  /** Weight of the heaviest chain from here to an end. */
  readonly path: number;
  readonly dependents: Node[];
  /** Dependencies that are not satisfied; kept while waiting. */
  open: number;
  status: TaskStatus;
  /** Skipped for want of a dependency. */
  blocked: boolean;
}

const satisfies = (node: Node): boolean => node.status === 'done' || (node.task.optional && ENDED.has(node.status));
const breaks = (node: Node): boolean => ENDED.has(node.status) && !satisfies(node);

function before(a: Node, b: Node): boolean {
  if (a.path !== b.path) return a.path > b.path;
  if (a.task.priority !== b.task.priority) return a.task.priority > b.task.priority;
  return a.position < b.position;
}

class TaskSchedule implements Schedule {
  readonly #maxParallel: number;
  #nodes: readonly Node[] = [];
  #byId: Map<string, Node> = new Map();
  #ready: Heap<Node> = createHeap(before);
  #counts = noCounts();

  constructor(tasks: readonly TaskSkeleton[], maxParallel: number) {
    if (!(Number.isInteger(maxParallel) && maxParallel >= 1)) {
      throw failure('internal.bug', `maxParallel must be a whole number from 1, not ${maxParallel}`);
    }
    this.#maxParallel = maxParallel;
    this.#load(tasks, new Map());
  }

  next(): readonly TaskSkeleton[] {
    const taken: TaskSkeleton[] = [];
    let free = this.#maxParallel - this.#counts.running - this.#counts.checking;
    while (free > 0) {
      const node = this.#ready.pop();
      if (!node) break;
      // A cancelled task stays in the heap until it comes up.
      if (node.status !== 'ready') continue;
      this.#set(node, 'running');
      taken.push(node.task);
      free--;
    }
    return taken;
  }

  done(id: string): void {
    this.#end(this.#expect(id, STARTED, 'done'), 'done');
  }

  fail(id: string): readonly string[] {
    return this.#end(this.#expect(id, LIVE, 'failed'), 'failed');
  }

  cancel(id: string): readonly string[] {
    return this.#end(this.#expect(id, LIVE, 'cancelled'), 'cancelled');
  }

  skip(id: string): readonly string[] {
    return this.#end(this.#expect(id, LIVE, 'skipped'), 'skipped');
  }

  cancelRest(): readonly string[] {
    const rest = this.#nodes.filter((node) => node.status === 'waiting' || node.status === 'ready');
    for (const node of rest) this.#set(node, 'cancelled');
    return rest.map((node) => node.task.id);
  }

  requeue(id: string): void {
    this.#makeReady(this.#expect(id, STARTED, 'ready'));
  }

  setChecking(id: string): void {
    this.#set(this.#expect(id, ['running'], 'checking'), 'checking');
  }

  setRunning(id: string): void {
    this.#set(this.#expect(id, ['checking'], 'running'), 'running');
  }

  replan(tasks: readonly TaskSkeleton[]): readonly string[] {
    this.#refuseLost(tasks);
    return this.#load(tasks, byId(this.entries()));
  }

  edit(
    tasks: readonly TaskSkeleton[],
    { retry, skip }: { readonly retry: readonly string[]; readonly skip: readonly string[] },
  ): { readonly skipped: readonly string[]; readonly reopened: readonly string[] } {
    for (const id of retry) this.#expect(id, ['failed', 'skipped', 'cancelled'], 'waiting');
    for (const id of skip) this.#expect(id, ['waiting', 'ready'], 'skipped');
    this.#refuseLost(tasks);
    const before = byId(this.entries());
    const states = new Map(before);
    for (const { id, blocked } of before.values()) if (blocked) states.set(id, { id, status: 'waiting' });
    for (const id of retry) states.set(id, { id, status: 'waiting' });
    for (const id of skip) states.set(id, { id, status: 'skipped' });
    this.#load(tasks, states);
    const isSkipped = (id: string) => this.status(id) === 'skipped';
    const wasSkipped = (id: string) => before.get(id)?.status === 'skipped';
    const ids = tasks.map((task) => task.id);
    const told = new Set(retry);
    return {
      skipped: ids.filter((id) => isSkipped(id) && (!wasSkipped(id) || told.has(id))),
      reopened: ids.filter((id) => !isSkipped(id) && (wasSkipped(id) || told.has(id))),
    };
  }

  restore(entries: readonly ScheduleEntry[]): void {
    const states = byId(entries.map((entry) => (isActive(entry) ? { ...entry, status: 'ready' as const } : entry)));
    this.#load(
      this.#nodes.map((node) => node.task),
      states,
    );
  }

  status(id: string): TaskStatus | undefined {
    return this.#byId.get(id)?.status;
  }

  counts(): Record<TaskStatus, number> {
    return { ...this.#counts };
  }

  ids(status: TaskStatus): readonly string[] {
    return this.#nodes.filter((node) => node.status === status).map((node) => node.task.id);
  }

  get settled(): boolean {
    const { waiting, ready, running, checking } = this.#counts;
    return waiting + ready + running + checking === 0;
  }

  entries(): readonly ScheduleEntry[] {
    return this.#nodes.map(({ task, status, blocked }) => ({ id: task.id, status, ...(blocked ? { blocked } : {}) }));
  }

  #refuseLost(tasks: readonly TaskSkeleton[]): void {
    const ids = new Set(tasks.map((task) => task.id));
    const lost = this.#nodes.find((node) => RAN.has(node.status) && !ids.has(node.task.id));
    if (lost) throw failure('internal.bug', `the new plan lacks task ${lost.task.id}, which is ${lost.status}`);
  }

  /** Builds all from tasks and known states; whether a task that has not started waits is worked out anew. */
  #load(tasks: readonly TaskSkeleton[], states: ReadonlyMap<string, ScheduleEntry>): readonly string[] {
    const nodes = makeNodes(tasks, states);
    const named = new Map(nodes.map((node) => [node.task.id, node]));
    if (named.size !== nodes.length) throw failure('internal.bug', 'two tasks of the plan have the same id');
    this.#nodes = nodes;
    this.#byId = named;
    this.#ready = createHeap(before);
    this.#counts = noCounts();
    const skipped: string[] = [];
    for (const position of topologicalOrder(tasks)) {
      const node = nodes[position];
      if (!node) continue;
      if (node.status === 'waiting' || node.status === 'ready') this.#place(node, nodes, skipped);
      this.#counts[node.status]++;
    }
    return skipped;
  }

  /** State of a task that has not started, from its dependencies, whose states are final here. */
  #place(node: Node, nodes: readonly Node[], skipped: string[]): void {
    const dependencies = node.task.dependsOn.map((position) => nodes[position] as Node);
    node.open = dependencies.filter((dependency) => !satisfies(dependency)).length;
    if (dependencies.some(breaks)) {
      node.status = 'skipped';
      node.blocked = true;
      skipped.push(node.task.id);
    } else if (node.open > 0) {
      node.status = 'waiting';
    } else {
      node.status = 'ready';
      this.#ready.push(node);
    }
  }

  /** Ends a task and passes it on: dependents are released or, without what they need, skipped in turn. */
  #end(first: Node, status: TaskStatus): readonly string[] {
    this.#set(first, status);
    const ended = [first];
    for (const node of ended) {
      for (const dependent of node.dependents) {
        if (dependent.status !== 'waiting') continue;
        if (breaks(node)) {
          this.#set(dependent, 'skipped');
          dependent.blocked = true;
          ended.push(dependent);
        } else if (--dependent.open === 0) {
          this.#makeReady(dependent);
        }
      }
    }
    return ended.slice(1).map((node) => node.task.id);
  }

  #makeReady(node: Node): void {
    this.#set(node, 'ready');
    this.#ready.push(node);
  }

  #set(node: Node, status: TaskStatus): void {
    this.#counts[node.status]--;
    node.status = status;
    this.#counts[status]++;
  }

  #expect(id: string, allowed: readonly TaskStatus[], wanted: TaskStatus): Node {
    const node = this.#byId.get(id);
    if (node && allowed.includes(node.status)) return node;
    throw failure('internal.bug', `task ${id} is ${node?.status ?? 'not in the plan'} and cannot become ${wanted}`);
  }
}

const isActive = ({ status }: ScheduleEntry): boolean => status === 'running' || status === 'checking';

function byId(entries: readonly ScheduleEntry[]): Map<string, ScheduleEntry> {
  return new Map(entries.map((entry) => [entry.id, entry]));
}

function makeNodes(tasks: readonly TaskSkeleton[], states: ReadonlyMap<string, ScheduleEntry>): readonly Node[] {
  const paths = remainingPaths(tasks, effortWeight);
  const nodes = tasks.map(
    (task, position): Node => ({
      task,
      position,
      path: paths[position] ?? 0,
      dependents: [],
      open: 0,
      status: states.get(task.id)?.status ?? 'waiting',
      blocked: states.get(task.id)?.blocked ?? false,
    }),
  );
  for (const node of nodes) for (const position of node.task.dependsOn) nodes[position]?.dependents.push(node);
  return nodes;
}

function noCounts(): Record<TaskStatus, number> {
  return { waiting: 0, ready: 0, running: 0, checking: 0, done: 0, failed: 0, skipped: 0, cancelled: 0 };
}
