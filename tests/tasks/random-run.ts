/** One random run of a schedule beside its naive model, all of it determined by a seed. Test side only. */
import type { TaskSkeleton } from '../../src/core/contracts/plan.ts';
import { createSchedule, type Schedule } from '../../src/tasks/schedule.ts';
import { Dice } from './dice.ts';
import { NaiveSchedule } from './naive-schedule.ts';

const ENDED = new Set<string>(['done', 'failed', 'skipped', 'cancelled']);

const CALM = [40, 60, 80, 95, 99];

/** A run that fell out of step with the model or broke an invariant. */
export class BrokenInvariant extends Error {}

function check(holds: boolean, what: string): void {
  if (!holds) throw new BrokenInvariant(what);
}

function same(actual: readonly string[], wanted: readonly string[], what: string): void {
  check(actual.length === wanted.length && actual.every((id, i) => id === wanted[i]), `${what}: ${actual} ≠ ${wanted}`);
}

/** Runs a random graph of `size` tasks to its end with random events; returns what happened. Throws BrokenInvariant. */
export function randomRun(seed: number, size: number): readonly string[] {
  return new RandomRun(seed, size).toEnd();
}

class RandomRun {
  readonly #dice: Dice;
  readonly #trace: string[] = [];
  readonly #ended = new Map<string, string>();
  readonly #maxParallel: number;
  readonly #size: number;
  /** Percentage of events that are a task's success. */
  readonly #calm: number;
  readonly #naive: NaiveSchedule;
  #schedule: Schedule;
  #replans = 0;
  #named = 0;

  constructor(seed: number, size: number) {
    this.#dice = new Dice(seed);
    this.#size = size;
    this.#calm = this.#dice.pick(CALM);
    this.#maxParallel = 1 + this.#dice.below(this.#dice.chance(50) ? 4 : 50);
    const tasks = this.#grow([], size);
    this.#schedule = createSchedule(tasks, { maxParallel: this.#maxParallel });
    this.#naive = new NaiveSchedule(tasks, this.#maxParallel);
  }

  toEnd(): readonly string[] {
    const limit = 100 + 20 * this.#size;
    for (let step = 0; !this.#schedule.settled; step++) {
      check(step < limit, `not settled after ${limit} steps`);
      this.#start();
      if (!this.#schedule.settled) this.#event();
      this.#compare();
    }
    check(
      [...this.#naive.statuses.values()].every((status) => ENDED.has(status)),
      'settled with a live task',
    );
    return this.#trace;
  }

  #start(): void {
    const started = this.#schedule.next().map((task) => task.id);
    same(started, this.#naive.next(), 'next');
    for (const id of started) check(this.#naive.maySatisfy(id), `${id} started before its dependencies`);
    const { running, checking, ready } = this.#schedule.counts();
    check(running + checking <= this.#maxParallel, 'more tasks than slots');
    check(running + checking === this.#maxParallel || ready === 0, 'a ready task was not woken');
    check(this.#schedule.settled || running + checking > 0, 'nothing runs and nothing has settled');
    if (started.length > 0) this.#trace.push(`start ${started}`);
  }

  #event(): void {
    const id = this.#dice.pick(this.#naive.active());
    if (this.#dice.chance(this.#calm)) this.#end('done', id);
    else this.#trouble(id);
  }

  #trouble(id: string): void {
    const roll = this.#dice.below(100);
    if (roll < 25) this.#end('failed', id);
    else if (roll < 40) this.#end('cancelled', id);
    else if (roll < 60) this.#check(id);
    else if (roll < 78) this.#requeue(id);
    else if (roll < 86) this.#cancelAny();
    else if (roll < 92) this.#replan();
    else if (roll < 99) this.#carry();
    else this.#cancelRest();
  }

  #end(status: 'done' | 'failed' | 'cancelled', id: string): void {
    this.#trace.push(`${status} ${id}`);
    const wanted = this.#naive.set(id, status);
    let skipped: readonly string[] = [];
    if (status === 'done') this.#schedule.done(id);
    if (status === 'failed') skipped = this.#schedule.fail(id);
    if (status === 'cancelled') skipped = this.#schedule.cancel(id);
    same(skipped.toSorted(), wanted.toSorted(), `skipped by ${id}`);
  }

  #check(id: string): void {
    const back = this.#schedule.status(id) === 'checking';
    if (back) this.#schedule.setRunning(id);
    else this.#schedule.setChecking(id);
    this.#naive.set(id, back ? 'running' : 'checking');
    this.#trace.push(`check ${id}`);
  }

  #requeue(id: string): void {
    this.#trace.push(`requeue ${id}`);
    this.#schedule.requeue(id);
    this.#naive.set(id, 'ready');
  }

  #cancelAny(): void {
    const live = [...this.#naive.statuses].filter(([, status]) => !ENDED.has(status));
    this.#end('cancelled', this.#dice.pick(live)[0]);
  }

  #cancelRest(): void {
    const { tasks, statuses } = this.#naive;
    const rest = tasks.filter(({ id }) => statuses.get(id) === 'waiting' || statuses.get(id) === 'ready');
    for (const { id } of rest) statuses.set(id, 'cancelled');
    same(
      this.#schedule.cancelRest(),
      rest.map((task) => task.id),
      'cancelRest',
    );
    this.#trace.push('cancelRest');
  }

  /** What runs or has ended stays, some of the rest goes, new tasks join, all in another order. */
  #replan(): void {
    if (this.#replans++ >= 3) return;
    const { tasks, statuses } = this.#naive;
    const stays = (task: TaskSkeleton) => {
      const status = statuses.get(task.id);
      if (status === 'waiting' || status === 'ready' || status === 'skipped') return this.#dice.chance(70);
      return true;
    };
    const next = this.#grow(kept(tasks, stays), this.#dice.below(4));
    this.#trace.push(`replan ${next.map((task) => task.id)}`);
    same(this.#schedule.replan(next).toSorted(), this.#naive.take(next).toSorted(), 'skipped by the replan');
  }

  /** Over JSON into a new schedule; what ran is ready again. */
  #carry(): void {
    const entries = JSON.parse(JSON.stringify(this.#schedule.entries()));
    this.#schedule = createSchedule(this.#naive.tasks, { maxParallel: this.#maxParallel });
    this.#schedule.restore(entries);
    for (const id of this.#naive.active()) this.#naive.set(id, 'ready');
    this.#trace.push('carry');
  }

  #compare(): void {
    for (const { id, status } of this.#schedule.entries()) {
      check(status === this.#naive.statuses.get(id), `${id} is ${status}, not ${this.#naive.statuses.get(id)}`);
      const before = this.#ended.get(id);
      check(before === undefined || before === status, `${id} ended as ${before} and then became ${status}`);
      if (ENDED.has(status)) this.#ended.set(id, status);
    }
    const counts = Object.values(this.#schedule.counts());
    check(counts.reduce((sum, count) => sum + count) === this.#naive.tasks.length, 'counts do not add up');
  }

  /** `given` and `count` new tasks that depend on any of those before them, listed in random order. */
  #grow(given: readonly TaskSkeleton[], count: number): TaskSkeleton[] {
    const tasks = [...given];
    for (let i = 0; i < count; i++) tasks.push(this.#newTask(tasks.length));
    return this.#dice.chance(50) ? tasks : shuffled(tasks, this.#dice);
  }

  #newTask(before: number): TaskSkeleton {
    const dice = this.#dice;
    const wanted = before === 0 ? 0 : dice.below(Math.min(before, dice.chance(5) ? 20 : 3) + 1);
    // Mostly on recent ones, so that chains grow long.
    const reach = dice.chance(70) ? Math.min(before, 5) : before;
    const dependsOn = new Set(Array.from({ length: wanted }, () => before - 1 - dice.below(reach)));
    return {
      id: `t${this.#named++}`,
      agent: 'writer',
      tier: 'fast',
      effort: dice.pick(['S', 'M', 'L']),
      priority: 1 + dice.below(5),
      optional: dice.chance(15),
      onFailure: 'retry',
      criteria: 0,
      dependsOn: [...dependsOn],
    };
  }
}

/** The tasks that stay, without dependencies on those that go. */
function kept(tasks: readonly TaskSkeleton[], stays: (task: TaskSkeleton) => boolean): TaskSkeleton[] {
  const positions = new Map<number, number>();
  const left = tasks.filter((task, at) => stays(task) && positions.set(at, positions.size));
  return left.map((task) => ({
    ...task,
    dependsOn: task.dependsOn.map((at) => positions.get(at)).filter((at): at is number => at !== undefined),
  }));
}

function shuffled(tasks: readonly TaskSkeleton[], dice: Dice): TaskSkeleton[] {
  const order = [...tasks.keys()];
  for (let i = order.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const positions = new Map(order.map((old, at) => [old, at]));
  return order.map((old) => {
    const task = tasks[old] as TaskSkeleton;
    return { ...task, dependsOn: task.dependsOn.map((at) => positions.get(at) as number) };
  });
}
