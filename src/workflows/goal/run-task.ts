/** A task as a coroutine: turns until its agent submits, then the check, with bounded revisions and retries. Workflow side. */
import type { TurnOutcome } from '../../core/contracts/calls.ts';
import type { TaskSkeleton } from '../../core/contracts/plan.ts';
import { failureType } from '../../core/failures.ts';
import { callModel } from './call-model.ts';
import { checkTask } from './check-task.ts';
import { type GoalRun, graphOf, type TaskRun, taskRun } from './goal-run.ts';
import { mustDrain } from './history-length.ts';
import { label, reasonOf } from './label.ts';
import type { ModelCall } from './model-call.ts';
import { Parked } from './parked.ts';
import { rethrowCancel } from './rethrow-cancel.ts';
import { runTools } from './run-tools.ts';
import { notesFor } from './steer.ts';
import { msLeft, startClock } from './task-clock.ts';
import type { TaskContext, TaskEnd } from './task-context.ts';

type Attempt = TaskEnd | { readonly kind: 'revise' };

/** Turns in a row that may pass without a tool call or a submission before the task has failed. */
const MAX_IDLE_TURNS = 3;

/** Runs one task to its end. Throws only cancellation. One coroutine for all of it: each promise of a workflow costs its worker time. */
export async function runTask(run: GoalRun, task: TaskSkeleton): Promise<TaskEnd> {
  const state = taskRun(graphOf(run), task.id);
  const clock = startClock(run, state.leftMs ?? task.timeoutMs ?? run.opened.limits.taskTimeoutMs);
  const context = { task, state, clock };
  for (let idle = 0; ; ) {
    let end: Attempt | undefined;
    try {
      end = beforeTurn(run, state);
      if (end === undefined) {
        const said = run.steering.length;
        const { outcome } = await callModel(run, turnOf(run, context));
        state.steered = said;
        noteFallback(run, context, outcome);
        idle = outcome.kind === 'tools' ? 0 : idle + 1;
        end = outcome.kind === 'tools' ? await useTools(run, context, outcome) : endOf(outcome, idle);
        if (end?.kind === 'done' && isChecked(run, task)) end = await checkTask(run, context);
      }
    } catch (error) {
      end = endAfter(error);
    }
    if (end === undefined) {
      state.turn += 1;
      continue;
    }
    if (end.kind === 'parked') state.leftMs = msLeft(run, clock);
    if (end.kind !== 'revise') {
      if (end.kind !== 'failed' || end.final || !mayRetry(run, context)) return end;
      retry(run, state, end.reason);
    }
    idle = 0;
  }
}

/** What an error does to its task. Throws cancellation. */
function endAfter(error: unknown): TaskEnd {
  rethrowCancel(error);
  if (error instanceof Parked) return { kind: 'parked' };
  if (failureType(error) === 'budget.exhausted') return { kind: 'skipped' };
  return { kind: 'failed', reason: reasonOf(error) };
}

function isChecked(run: GoalRun, task: TaskSkeleton): boolean {
  return run.opened.limits.verify === 'each-task' && task.criteria > 0;
}

function mayRetry(run: GoalRun, { task, state, clock }: TaskContext): boolean {
  return task.onFailure === 'retry' && state.retries < run.opened.limits.maxRetries && msLeft(run, clock) > 0;
}

function retry(run: GoalRun, state: TaskRun, reason: string): void {
  const { schedule } = graphOf(run);
  if (schedule.status(state.id) === 'checking') schedule.setRunning(state.id);
  state.retries += 1;
  state.revision += 1;
  state.turn = 1;
  state.opening = { kind: 'retry', reason };
  state.steered = 0;
  run.outbox.emit('task-retry', { reason, attempt: state.retries + 1 }, state.id);
}

/** What keeps the task from a further turn. */
function beforeTurn(run: GoalRun, state: TaskRun): TaskEnd | undefined {
  const { maxTurns } = run.opened.limits;
  if (state.turn > maxTurns) return { kind: 'failed', reason: `no submission within ${maxTurns} turns` };
  return mustDrain(run) ? { kind: 'parked' } : undefined;
}

/** Runs the tools that a turn asked for. A submission beside them stands when they all worked. */
async function useTools(
  run: GoalRun,
  context: TaskContext,
  { calls, submitted }: Extract<TurnOutcome, { kind: 'tools' }>,
): Promise<TaskEnd | undefined> {
  const failures = await runTools(run, context, calls);
  if (!submitted || failures > 0) return undefined;
  // Its end is not in the call's own transaction.
  if (!isChecked(run, context.task)) run.outbox.emit('task-end', { status: 'done' }, context.state.id);
  return { kind: 'done' };
}

/** The call of the task's next turn. */
function turnOf(run: GoalRun, { task, state, clock }: TaskContext): ModelCall {
  const notes = notesFor(run, task.id, state.steered);
  return {
    activityId: `m${state.number}.${state.revision}.${state.turn}`,
    purpose: 'task',
    taskId: task.id,
    revision: state.revision,
    turn: state.turn,
    agent: task.agent,
    tier: task.tier,
    effort: task.effort,
    opening: state.opening,
    endsTask: !isChecked(run, task),
    ...(notes.length > 0 ? { notes } : {}),
    clock,
  };
}

function noteFallback(run: GoalRun, { task }: TaskContext, outcome: TurnOutcome): void {
  if (outcome.kind === 'submitted' && outcome.implicit) run.fallbacks.push(`task.implicit-submission:${task.id}`);
}

/** What a turn without tool calls means for the task, after so many of them in a row. */
function endOf(outcome: TurnOutcome, idle: number): TaskEnd | undefined {
  switch (outcome.kind) {
    case 'submitted':
      return { kind: 'done' };
    case 'blocked':
      return { kind: 'failed', reason: label(`blocked: ${outcome.reason}`) };
    case 'refused':
      return { kind: 'failed', reason: label(`${outcome.type ?? 'refused'}: ${outcome.reason}`) };
    default:
      return idle < MAX_IDLE_TURNS ? undefined : { kind: 'failed', reason: `no submission after ${idle} idle turns` };
  }
}
