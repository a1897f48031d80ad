/** Runs the plan's graph: every task starts the moment its last dependency is done. Workflow side. */
import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { TaskSkeleton } from '../../core/contracts/plan.ts';
import { showDetails } from './details.ts';
import { type GoalRun, graphOf, taskRun } from './goal-run.ts';
import { label } from './label.ts';
import { replan } from './replan.ts';
import { runTask } from './run-task.ts';
import type { TaskEnd } from './task-context.ts';

/** History length past which the first quiet moment is taken to continue as new. */
const QUIET_EVENTS = 4_000;
/** History length past which no further turn is started. */
const DRAIN_EVENTS = 8_000;

/** `settled`: every task has ended. `continue`: this run of the workflow is long enough; go on in the next. */
export type GraphEnd = 'settled' | 'continue';

/** One pass over the graph. */
class GraphRunner {
  readonly #run: GoalRun;
  readonly #active = new Set<string>();
  readonly #scope = new CancellationScope();
  #replanning = false;
  #goalFailed = false;
  #bug: unknown;

  constructor(run: GoalRun) {
    this.#run = run;
  }

  /** Runs until all is settled, or the history is long enough. Throws the goal's cancellation, and bugs. */
  async toEnd(): Promise<GraphEnd> {
    try {
      await this.#scope.run(async () => {
        this.#launch();
        await condition(() => this.#bug !== undefined || this.#active.size === 0);
      });
    } catch (error) {
      if (!isCancellation(error)) throw error;
      if (!this.#goalFailed) this.#cancelRest();
      await CancellationScope.nonCancellable(() => condition(() => this.#active.size === 0));
      if (!this.#goalFailed) throw error;
    }
    if (this.#bug !== undefined) throw this.#bug;
    return graphOf(this.#run).schedule.settled ? 'settled' : 'continue';
  }

  #launch(): void {
    if (this.#replanning || this.#goalFailed || this.#scope.consideredCancelled) return;
    if (this.#run.budget.spent) this.#skipRest();
    if (this.#mustStop()) return;
    for (const task of graphOf(this.#run).schedule.next()) {
      this.#active.add(task.id);
      void this.#follow(task);
    }
    showDetails(this.#run);
  }

  #mustStop(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength > DRAIN_EVENTS) this.#run.draining = true;
    const quiet = this.#active.size === 0 && (historyLength > QUIET_EVENTS || continueAsNewSuggested);
    return this.#run.draining || quiet;
  }

  async #follow(task: TaskSkeleton): Promise<void> {
    try {
      await this.#settle(task, await runTask(this.#run, task));
    } catch (error) {
      if (isCancellation(error)) this.#stopped(task.id);
      else this.#bug ??= error;
    }
    this.#active.delete(task.id);
    this.#launch();
  }

  async #settle(task: TaskSkeleton, end: TaskEnd): Promise<void> {
    const { schedule } = graphOf(this.#run);
    if (end.kind === 'done') schedule.done(task.id);
    if (end.kind === 'parked') schedule.requeue(task.id);
    if (end.kind === 'skipped') this.#skipped([task.id, ...schedule.skip(task.id)], 'budget');
    if (end.kind === 'failed') await this.#failed(task, end.reason);
  }

  async #failed(task: TaskSkeleton, reason: string): Promise<void> {
    const run = this.#run;
    // What has started is frozen while the manager replans; a failure must not change it under its hands.
    await condition(() => !this.#replanning);
    taskRun(graphOf(run), task.id).reason = reason;
    run.outbox.emit('task-end', { status: 'failed', reason }, task.id);
    if (task.onFailure === 'fail-goal' && !task.optional) return this.#failGoal(task.id, reason);
    if (task.onFailure === 'replan' && !task.optional && (await this.#replanAround(task, reason))) return;
    this.#skipAfter(task.id);
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
    this.#run.reason = label(`task ${id} failed: ${reason}`);
    this.#skipAfter(id);
    this.#cancelRest();
    this.#scope.cancel();
  }

  /** What has not begun is cancelled now, so that nothing of it counts as skipped when what it needs is cancelled. */
  #cancelRest(): void {
    for (const id of graphOf(this.#run).schedule.cancelRest()) this.#cancelled(id);
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
    this.#run.outbox.emit('task-end', { status: 'cancelled' }, id);
  }

  /** Asks the manager for another way; meanwhile running tasks go on and no new one starts. False when there is none. */
  async #replanAround(task: TaskSkeleton, reason: string): Promise<boolean> {
    if (this.#run.replans >= this.#run.opened.limits.maxReplans) return false;
    this.#replanning = true;
    try {
      const skeleton = await replan(this.#run, { taskId: task.id, reason });
      if (!skeleton) return false;
      const graph = graphOf(this.#run);
      graph.skeleton = skeleton;
      this.#skipped(graph.schedule.replan(skeleton.tasks), 'depends on a task that did not succeed');
      taskRun(graph, task.id).superseded = true;
      this.#skipAfter(task.id);
      return true;
    } finally {
      this.#replanning = false;
    }
  }
}

/** Runs the graph of `run` once; see GraphEnd. */
export async function runGraph(run: GoalRun): Promise<GraphEnd> {
  return new GraphRunner(run).toEnd();
}
