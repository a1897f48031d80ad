/** A task as a coroutine: turns until its agent submits, then the check, with bounded revisions and retries. Workflow side. */
import { isCancellation } from '@temporalio/workflow';
import type { RunToolInput, ToolCall, TurnOutcome } from '../../core/contracts/calls.ts';
import type { TaskSkeleton } from '../../core/contracts/plan.ts';
import { failureType } from '../../core/failures.ts';
import { callModel } from './call-model.ts';
import { checkTask } from './check-task.ts';
import { type GoalRun, graphOf, type TaskRun, taskRun } from './goal-run.ts';
import { label, reasonOf } from './label.ts';
import { msLeft, startClock, timeLeft } from './task-clock.ts';
import type { TaskContext, TaskEnd } from './task-context.ts';

type Attempt = TaskEnd | { readonly kind: 'revise' };

/** Turns in a row that may pass without a tool call or a submission before the task has failed. */
const MAX_IDLE_TURNS = 3;

/** Runs one task to its end. Throws only cancellation. */
export async function runTask(run: GoalRun, task: TaskSkeleton): Promise<TaskEnd> {
  const state = taskRun(graphOf(run), task.id);
  const context = { task, state, clock: startClock(run, task.timeoutMs ?? run.opened.limits.taskTimeoutMs) };
  for (;;) {
    const end = await attemptTask(run, context);
    if (end.kind === 'revise') continue;
    if (end.kind !== 'failed' || end.final || !mayRetry(run, context)) return end;
    retry(run, state, end.reason);
  }
}

async function attemptTask(run: GoalRun, context: TaskContext): Promise<Attempt> {
  try {
    const end = await takeTurns(run, context);
    return end.kind === 'done' && isChecked(run, context.task) ? await checkTask(run, context) : end;
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (failureType(error) === 'budget.exhausted') return { kind: 'skipped' };
    return { kind: 'failed', reason: reasonOf(error) };
  }
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
  run.outbox.emit('task-retry', { reason, attempt: state.retries + 1 }, state.id);
}

async function takeTurns(run: GoalRun, context: TaskContext): Promise<TaskEnd> {
  const { state } = context;
  for (let idle = 0; state.turn <= run.opened.limits.maxTurns; ) {
    if (run.draining) return { kind: 'parked' };
    const outcome = await takeTurn(run, context);
    const end = endOf(outcome);
    if (end) return end;
    if (outcome.kind === 'tools') {
      const failures = await runTools(run, context, outcome.calls);
      if (outcome.submitted && failures === 0) return submittedWithTools(run, context);
    }
    idle = outcome.kind === 'tools' ? 0 : idle + 1;
    if (idle >= MAX_IDLE_TURNS) return { kind: 'failed', reason: `no submission after ${idle} idle turns` };
    state.turn += 1;
  }
  return { kind: 'failed', reason: `no submission within ${run.opened.limits.maxTurns} turns` };
}

async function takeTurn(run: GoalRun, { task, state, clock }: TaskContext): Promise<TurnOutcome> {
  const result = await callModel(run, {
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
    clock,
  });
  if (result.outcome.kind === 'submitted' && result.outcome.implicit)
    run.fallbacks.push(`task.implicit-submission:${task.id}`);
  return result.outcome;
}

function endOf(outcome: TurnOutcome): TaskEnd | undefined {
  switch (outcome.kind) {
    case 'submitted':
      return { kind: 'done' };
    case 'blocked':
      return { kind: 'failed', reason: label(`blocked: ${outcome.reason}`) };
    case 'refused':
      return { kind: 'failed', reason: label(`refused: ${outcome.reason}`) };
    default:
      return undefined;
  }
}

/** A submission beside tool calls stands when they all worked; its end is not in the call's own transaction. */
function submittedWithTools(run: GoalRun, { task, state }: TaskContext): TaskEnd {
  if (!isChecked(run, task)) run.outbox.emit('task-end', { status: 'done' }, state.id);
  return { kind: 'done' };
}

/** Runs the tool calls of a turn side by side; returns how many failed. */
async function runTools(
  run: GoalRun,
  { task, state, clock }: TaskContext,
  calls: readonly ToolCall[],
): Promise<number> {
  const { goalId, tenant } = run.input;
  const shared: Omit<RunToolInput, 'index'> = {
    goalId,
    tenant,
    snapshot: run.opened.snapshot,
    taskId: task.id,
    revision: state.revision,
    turn: state.turn,
    agent: task.agent,
    plan: graphOf(run).skeleton.plan.hash,
  };
  const results = await Promise.all(
    calls.map((call) =>
      run.proxies.tools.runTool.executeWithOptions(
        {
          activityId: `t${state.number}.${state.revision}.${state.turn}.${call.index}`,
          summary: label(`${task.id} · ${call.name}`),
          ...timeLeft(run, clock),
        },
        [{ ...shared, index: call.index }],
      ),
    ),
  );
  return results.filter((result) => result.isError).length;
}
