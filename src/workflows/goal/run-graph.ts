/** Runs the plan's graph: every task starts the moment its last dependency is done. Workflow side. */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { PlanSkeleton, TaskSkeleton } from '../../core/contracts/plan.ts';
import { failure } from '../../core/failures.ts';
import { type GoalRun, graphOf, taskRun } from './goal-run.ts';
import { isLong, mustDrain } from './history-length.ts';
import { label } from './label.ts';
import { replan } from './replan.ts';
import { runTask } from './run-task.ts';
import { TaskScope } from './task-scope.ts';

/** `settled`: every task has ended. `continue`: this run of the workflow is long enough; go on in the next. */
export type GraphEnd = 'settled' | 'continue';

/** One pass over the graph. */
class GraphRunner {
  readonly #run: GoalRun;
  readonly #active = new Set<string>();
  readonly #scope = new CancellationScope();
  /** Of the tasks that run. */
  readonly #scopes = new Map<string, TaskScope>();
  /** Why a person cancelled a task. */
  readonly #reasons = new Map<string, string>();
  #replanning = false;
  #editing = false;
  #goalFailed = false;
  #open = true;
  #bug: unknown;

  constructor(run: GoalRun) {
    this.#run = run;
  }

  /** Runs until all is settled, or the history is long enough. Throws the goal's cancellation, and bugs. */
  async toEnd(): Promise<GraphEnd> {
    this.#openDoor();
    try {
      await this.#scope.run(async () => {
        this.#begin();
        // In a circle: an edit may begin between what is awaited and what follows.
        while (!this.#over()) await condition(() => this.#over());
      });
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.#open = false;
      while (this.#editing) await this.#afterEdit();
      if (!this.#goalFailed) this.#cancelRest();
      await CancellationScope.nonCancellable(() => condition(() => this.#active.size === 0));
      if (!this.#goalFailed) throw error;
    }
    if (this.#bug !== undefined) throw this.#bug;
    // What is still told to the plan goes along into the next run.
    if (!graphOf(this.#run).schedule.settled) return 'continue';
    this.#open = false;
    this.#run.settled = true;
    // What is left is little: it ends in this run.
    this.#run.draining = false;
    return 'settled';
  }

  /** A replan that waits for approval since the run before comes first: nothing starts until it is decided. */
  #begin(): void {
    const { unapproved } = this.#run;
    const task = graphOf(this.#run).skeleton.tasks.find(({ id }) => id === unapproved?.replan?.taskId);
    const reason = unapproved?.replan?.reason;
    if (!task || reason === undefined) {
      this.#launch();
      return;
    }
    this.#active.add(task.id);
    void this.#follow(task, async () => ({ kind: 'failed', reason }));
  }

  #over(): boolean {
    return this.#bug !== undefined || (this.#active.size === 0 && !this.#editing);
  }

  /** What people may do to the graph. */
  #openDoor(): void {
    const runner = this;
    this.#run.tasksNow = {
      get replanning() {
        return runner.#replanning;
      },
      get editing() {
        return runner.#editing;
      },
      cancel: (...task) => this.#cancelOne(...task),
      alone: (work) => this.#alone(work),
    };
  }

  /** One edit at a time; no task starts or ends meanwhile, and no replan begins. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#editing) await this.#afterEdit();
    if (this.#replanning) throw failure('control.busy', 'the manager is replanning');
    if (!this.#open) throw failure('goal.closed', 'its tasks have all ended, or the goal is ending');
    this.#editing = true;
    try {
      return await work();
    } finally {
      this.#editing = false;
      this.#launch();
    }
  }

  /** Edits end, whatever happens to the goal meanwhile. Look again afterwards: the next may have begun. */
  async #afterEdit(): Promise<void> {
    await CancellationScope.nonCancellable(() => condition(() => !this.#editing));
  }

  #launch(): void {
    if (this.#replanning || this.#editing || this.#goalFailed || this.#scope.consideredCancelled) return;
    if (this.#run.budget.spent) this.#skipRest();
    if (this.#mustStop()) return;
    for (const task of graphOf(this.#run).schedule.next()) {
      this.#active.add(task.id);
      void this.#follow(task);
    }
  }

  #mustStop(): boolean {
    return mustDrain(this.#run) || (this.#active.size === 0 && isLong());
  }

  async #follow(task: TaskSkeleton, work = () => runTask(this.#run, task)): Promise<void> {
    // Whoever launches it, an update's handler too: it ends with the graph.
    const scope = new TaskScope({ cancellable: true, parent: this.#scope });
    this.#scopes.set(task.id, scope);
    try {
      const end = await scope.run(work);
      while (this.#editing) await this.#afterEdit();
      if (end.kind === 'failed') await this.#failed(task, end.reason);
      else this.#settle(task.id, end.kind);
    } catch (error) {
      while (this.#editing) await this.#afterEdit();
      if (isCancellation(error)) this.#stopped(task.id);
      else this.#bug ??= error;
    }
    this.#active.delete(task.id);
    this.#scopes.delete(task.id);
    this.#launch();
  }

  #settle(id: string, kind: 'done' | 'parked' | 'skipped'): void {
    const { schedule } = graphOf(this.#run);
    if (kind === 'done') schedule.done(id);
    if (kind === 'parked') schedule.requeue(id);
    if (kind === 'skipped') this.#skipped([id, ...schedule.skip(id)], 'budget');
  }

  async #failed(task: TaskSkeleton, reason: string): Promise<void> {
    const run = this.#run;
    // What has started is frozen while the manager or a person changes the plan; a failure must not change it under their hands.
    while (this.#replanning || this.#editing) await condition(() => !(this.#replanning || this.#editing));
    const { unapproved } = run;
    if (unapproved && run.draining) return this.#setAside(task.id);
    taskRun(graphOf(run), task.id).reason = reason;
    if (!unapproved) run.outbox.emit('task-end', { status: 'failed', reason }, task.id);
    if (task.onFailure === 'fail-goal' && !task.optional) return this.#failGoal(task.id, reason);
    if (task.onFailure === 'replan' && !task.optional && (await this.#replanAround(task, reason))) return;
    this.#skipAfter(task.id);
  }

  /** The next run takes it up again. */
  #setAside(id: string): void {
    const { schedule } = graphOf(this.#run);
    if (schedule.status(id) !== 'ready') schedule.requeue(id);
  }

  /** Fails the task and skips what depended on it. */
  #skipAfter(id: string): void {
    this.#skipped(graphOf(this.#run).schedule.fail(id), `depends on ${id}`);
  }

  /** The budget is used up: nothing is started any more. */
  #skipRest(): void {
    const { schedule } = graphOf(this.#run);
    const rest = () => schedule.ids('ready')[0] ?? schedule.ids('waiting')[0];
    for (let id = rest(); id !== undefined; id = rest()) this.#skipped([id, ...schedule.skip(id)], 'budget');
  }

  #skipped(ids: readonly string[], reason: string): void {
    for (const id of ids) {
      taskRun(graphOf(this.#run), id).reason = reason;
      this.#run.outbox.emit('task-end', { status: 'skipped', reason }, id);
    }
  }

  #failGoal(id: string, reason: string): void {
    this.#goalFailed = true;
    this.#open = false;
    this.#run.reason = label(`task ${id} failed: ${reason}`);
    this.#skipAfter(id);
    this.#cancelRest();
    this.#scope.cancel();
  }

  /** What has not begun is cancelled now, so that nothing of it counts as skipped when what it needs is cancelled. */
  #cancelRest(): void {
    for (const id of graphOf(this.#run).schedule.cancelRest()) this.#cancelled(id);
  }

  /** One task, at a person's word. */
  #cancelOne(id: string, reason: string): 'cancelled' | 'cancelling' {
    this.#reasons.set(id, reason);
    const scope = this.#scopes.get(id);
    if (scope) {
      scope.cancel();
      return 'cancelling';
    }
    this.#stopped(id);
    this.#launch();
    return 'cancelled';
  }

  /** A task whose coroutine was cancelled: while it ran, or after it had failed and while the manager replanned. */
  #stopped(id: string): void {
    const { schedule, tasks } = graphOf(this.#run);
    if (tasks.get(id)?.reason !== undefined) {
      this.#skipAfter(id);
      return;
    }
    this.#skipped(schedule.cancel(id), `depends on ${id}`);
    this.#cancelled(id);
  }

  #cancelled(id: string): void {
    const reason = this.#reasons.get(id);
    this.#run.outbox.emit('task-end', { status: 'cancelled', ...(reason === undefined ? {} : { reason }) }, id);
  }

  /** Asks the manager for another way; meanwhile running tasks go on and no new one starts. False when there is none. */
  async #replanAround(task: TaskSkeleton, reason: string): Promise<boolean> {
    const { replans, unapproved, opened } = this.#run;
    if (!unapproved && replans >= opened.limits.maxReplans) return false;
    this.#replanning = true;
    try {
      const verdict = await replan(this.#run, { taskId: task.id, reason });
      if (!verdict) return false;
      if (verdict.kind === 'parked') this.#setAside(task.id);
      else this.#adopt(task, verdict.skeleton);
      if (verdict.kind === 'refused') this.#refuse(verdict.reason);
      return true;
    } finally {
      this.#replanning = false;
    }
  }

  /** The new plan is the plan; the task that it gets around has failed. */
  #adopt(task: TaskSkeleton, skeleton: PlanSkeleton): void {
    const graph = graphOf(this.#run);
    graph.skeleton = skeleton;
    this.#skipped(graph.schedule.replan(skeleton.tasks), 'depends on a task that did not succeed');
    taskRun(graph, task.id).superseded = true;
    this.#skipAfter(task.id);
  }

  /** A person does not want the goal to go on like this. */
  #refuse(reason: string): void {
    this.#goalFailed = true;
    this.#run.refused = reason;
    this.#cancelRest();
    this.#scope.cancel();
  }
}

/** Runs the graph of `run` once; see GraphEnd. */
export async function runGraph(run: GoalRun): Promise<GraphEnd> {
  return new GraphRunner(run).toEnd();
}
