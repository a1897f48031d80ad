/** One random life of an edited plan: edits, ends, retries and restarts beside plain rules, all determined by a seed. Test side only. */
import type { TaskStatus } from '../../src/core/contracts/plan.ts';
import { type Plan, type PlanTask, planSchema } from '../../src/core/plan.ts';
import type { EditOperation } from '../../src/core/plan-edit.ts';
import { applyEdit } from '../../src/tasks/edit-plan.ts';
import { topologicalOrder } from '../../src/tasks/graph.ts';
import { packStates, unpackStates } from '../../src/tasks/pack-states.ts';
import { createSchedule, type Schedule } from '../../src/tasks/schedule.ts';
import { taskSkeletons } from '../../src/tasks/skeleton.ts';
import { Dice } from './dice.ts';

const ENDED = new Set<TaskStatus | undefined>(['done', 'failed', 'skipped', 'cancelled']);
const MAX_EDITS = 12;
const RULES = { agents: ['writer', 'researcher'], maxTasks: 200 };
const TIERS = ['fast', 'balanced', 'deep'] as const;

/** What happened, for comparing runs, and how many edits held and were refused. */
export interface EditedLife {
  readonly trace: readonly string[];
  readonly held: number;
  readonly refused: number;
}

/** Lives the plan of `size` tasks to its end. Throws at the first rule that is broken. */
export function randomEdits(seed: number, size: number): EditedLife {
  return new Life(seed, size).toEnd();
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

class Life {
  readonly #dice: Dice;
  readonly #maxParallel: number;
  readonly #trace: string[] = [];
  /** Skipped at a person's word, and not retried since. */
  readonly #given = new Set<string>();
  /** How often each task ended, and how often it was opened again. */
  readonly #ends = new Map<string, number>();
  readonly #retries = new Map<string, number>();
  #plan: Plan;
  #schedule: Schedule;
  #named = 0;
  #edits = 0;
  #held = 0;

  constructor(seed: number, size: number) {
    this.#dice = new Dice(seed);
    this.#maxParallel = 1 + this.#dice.below(6);
    const tasks: PlanTask[] = [];
    for (let i = 0; i < size; i++) tasks.push(this.#newTask(tasks.map(({ id }) => id)));
    this.#plan = planSchema.parse({ title: 'A plan', acceptanceCriteria: ['Fixed.'], tasks });
    this.#schedule = createSchedule(taskSkeletons(this.#plan.tasks), { maxParallel: this.#maxParallel });
  }

  toEnd(): EditedLife {
    for (let step = 0; !this.#schedule.settled; step++) {
      check(step < 2_000, 'not settled after 2,000 steps');
      this.#start();
      const roll = this.#dice.below(100);
      if (roll < 40 && this.#edits < MAX_EDITS) this.#edit();
      else if (roll < 45) this.#carry();
      else this.#endOne();
      this.#judge();
    }
    for (const { id } of this.#plan.tasks) {
      const [ends, retries] = [this.#ends.get(id) ?? 0, this.#retries.get(id) ?? 0];
      check(ends === retries + 1, `${id} ended ${ends} times and was opened again ${retries} times`);
    }
    return { trace: this.#trace, held: this.#held, refused: this.#edits - this.#held };
  }

  #start(): void {
    const started = this.#schedule.next().map(({ id }) => id);
    for (const id of started) {
      const task = this.#task(id);
      check(
        task.dependsOn.every((dependency) => this.#satisfied(dependency)),
        `${id} started before its dependencies`,
      );
    }
    const { running, ready } = this.#schedule.counts();
    check(running === this.#maxParallel || ready === 0, 'a ready task was not woken');
    check(this.#schedule.settled || running > 0, 'nothing runs and nothing has settled');
    if (started.length > 0) this.#trace.push(`start ${started}`);
  }

  #endOne(): void {
    const running = this.#schedule.ids('running');
    if (running.length === 0) return;
    const id = this.#dice.pick(running);
    const roll = this.#dice.below(10);
    const end = roll < 5 ? 'done' : roll < 8 ? 'fail' : 'cancel';
    this.#trace.push(`${end} ${id}`);
    const skipped = end === 'done' ? [] : this.#schedule[end](id);
    if (end === 'done') this.#schedule.done(id);
    for (const ended of [id, ...skipped]) this.#count(this.#ends, ended);
  }

  #edit(): void {
    this.#edits += 1;
    const operations = Array.from({ length: 1 + (this.#dice.chance(30) ? this.#dice.below(4) : 0) }, () =>
      this.#operation(),
    );
    const states = this.#schedule.entries();
    const before = new Map(states.map(({ id, status }) => [id, status]));
    const verdict = applyEdit({ operations }, { ...RULES, current: this.#plan, states });
    this.#trace.push(`edit ${operations.map(({ op }) => op)} ${verdict.ok ? 'held' : verdict.problems[0]?.code}`);
    if (!verdict.ok) return;
    this.#held += 1;
    const { retry, skip } = verdict;
    this.#unchanged(verdict.plan, before, new Set(retry));
    const told = this.#schedule.edit(taskSkeletons(verdict.plan.tasks), { retry, skip });
    this.#plan = verdict.plan;
    check(same(told.skipped, [...skip, ...verdict.alsoSkipped]), `skipped ${told.skipped} ≠ foretold`);
    check(same(told.reopened, [...retry, ...verdict.reopened]), `opened ${told.reopened} ≠ foretold`);
    for (const id of told.skipped) this.#count(this.#ends, id);
    for (const id of told.reopened) this.#count(this.#retries, id);
    for (const id of skip) this.#given.add(id);
    for (const id of retry) this.#given.delete(id);
    check(topologicalOrder(taskSkeletons(this.#plan.tasks)).length === this.#plan.tasks.length, 'a cycle');
    check(this.#plan.acceptanceCriteria.join() === 'Fixed.', 'the criteria of the goal changed');
  }

  /** What has started and is not retried is in the new plan as it was, and in its state. */
  #unchanged(next: Plan, before: ReadonlyMap<string, TaskStatus>, retried: ReadonlySet<string>): void {
    for (const task of this.#plan.tasks) {
      const status = before.get(task.id);
      if (status === 'waiting' || status === 'ready' || retried.has(task.id)) continue;
      const now = next.tasks.find(({ id }) => id === task.id);
      check(JSON.stringify(now) === JSON.stringify(task), `${task.id} is ${status} and was changed`);
    }
  }

  /** Mostly sensible, often not: those must be refused. */
  #operation(): EditOperation {
    const ids = this.#plan.tasks.map(({ id }) => id);
    const taskId = this.#dice.pick(ids);
    const dependsOn = this.#some(ids);
    const roll = this.#dice.below(100);
    if (roll < 20) return { op: 'add', task: this.#newTask(ids) };
    if (roll < 30) return { op: 'remove', taskId };
    if (roll < 45) return { op: 'skip', taskId };
    if (roll < 60) return { op: 'change', taskId, dependsOn };
    if (roll < 70) return { op: 'change', taskId, tier: this.#dice.pick(TIERS), agent: this.#dice.pick(RULES.agents) };
    const lost = [...this.#schedule.ids('failed'), ...this.#schedule.ids('cancelled'), ...this.#given];
    const again = lost.length > 0 ? this.#dice.pick(lost) : taskId;
    return roll < 90 ? { op: 'retry', taskId: again, tier: 'deep' } : { op: 'retry', taskId, dependsOn };
  }

  #carry(): void {
    const entries = this.#schedule.entries();
    const ids = entries.map(({ id }) => id);
    this.#schedule = createSchedule(taskSkeletons(this.#plan.tasks), { maxParallel: this.#maxParallel });
    this.#schedule.restore(unpackStates(ids, packStates(entries)));
    this.#trace.push('carry');
  }

  /** The state of each task that has not run is what its dependencies and people's words say. */
  #judge(): void {
    for (const { id, dependsOn } of this.#plan.tasks) {
      const status = this.#schedule.status(id);
      const broken = dependsOn.some((one) => ENDED.has(this.#schedule.status(one)) && !this.#satisfied(one));
      const free = dependsOn.every((one) => this.#satisfied(one));
      if (status === 'skipped') check(broken || this.#given.has(id), `${id} is skipped for no reason`);
      if (status === 'waiting') check(!broken && !free, `${id} waits for nothing`);
      if (status === 'ready') check(free, `${id} is ready before its dependencies`);
    }
  }

  #satisfied(id: string): boolean {
    const status = this.#schedule.status(id);
    return status === 'done' || (this.#task(id).optional && ENDED.has(status));
  }

  #task(id: string): PlanTask {
    const task = this.#plan.tasks.find((one) => one.id === id);
    if (!task) throw new Error(`no task ${id}`);
    return task;
  }

  #count(counts: Map<string, number>, id: string): void {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  #some(ids: readonly string[]): string[] {
    const count = ids.length === 0 ? 0 : this.#dice.below(3);
    return [...new Set(Array.from({ length: count }, () => this.#dice.pick(ids)))];
  }

  #newTask(before: readonly string[]): PlanTask {
    const dependsOn = this.#some(before.slice(-6));
    const id = `t${this.#named++}`;
    return {
      ...{ id, title: id, instructions: `Do ${id}.`, agent: 'writer', agentReason: '', tier: 'fast', dependsOn },
      ...{ acceptanceCriteria: [], effort: 'M', priority: 3, onFailure: 'retry' },
      optional: this.#dice.chance(15),
    };
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join();
}
